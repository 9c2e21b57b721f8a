"""What the trial stands on: checks that say what they found, programs that are ended, and requests."""

import contextlib
import http.client
import json
import pathlib
import select
import subprocess
import sys
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "receivers"
WAIT_SECONDS = 300


def check(what, holds, found):
    """Says that something holds, or what was found instead, and then ends the trial."""
    if not holds:
        print(f"NOT   {what}\nfound {json.dumps(found, indent=2, default=str)}", flush=True)
        sys.exit(1)
    print(f"ok    {what}", flush=True)


def wait(what, look, holds):
    """Looks until something holds, and gives what was seen then."""
    until = time.monotonic() + WAIT_SECONDS
    while not holds(seen := look()):
        if time.monotonic() > until:
            check(f"{what}, within {WAIT_SECONDS} seconds", False, seen)
        time.sleep(0.02)
    return seen


@contextlib.contextmanager
def started(work, name, command):
    """A program until the end of the block. Gives the URL that it says it is ready at."""
    with (work / f"{name}.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        can_be_read, _, _ = select.select([process.stdout], [], [], WAIT_SECONDS)
        word, _, url = (process.stdout.readline() if can_be_read else "").strip().partition(" ")
        if word != "ready":
            check(f"{name} is ready", False, (work / f"{name}.log").read_text()[-2000:])
        yield url
    finally:
        process.terminate()
        try:
            process.wait(timeout=WAIT_SECONDS)
        finally:
            process.kill()


class Client:
    """What can be asked at a URL, with a credential or none."""

    def __init__(self, url, credential=None):
        self.address = urllib.parse.urlsplit(url).netloc
        self.headers = {"Content-Type": "application/json"}
        if credential:
            self.headers["Authorization"] = f"Bearer {credential}"

    def ask(self, method, path, body=None):
        """One request, of JSON or of a text as it is: status and JSON."""
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
        connection = http.client.HTTPConnection(self.address, timeout=WAIT_SECONDS)
        try:
            connection.request(method, path, body and body.encode(), self.headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        return response.status, json.loads(text) if text else None

    def do(self, method, path, body=None):
        """One request that succeeds: its JSON."""
        status, answer = self.ask(method, path, body)
        if status >= 300:
            check(f"{method} {path} succeeds", False, [status, answer])
        return answer
