"""A receiver of webhooks on this machine: it keeps what comes, answers as told, and verifies as our documents say."""

import contextlib
import http.server
import json
import queue
import re
import threading
import time

from checks import ROOT, check

SECONDS = 60


def documented():
    """The function that docs/use/webhooks.md gives to receivers, so that what is printed there is what is tried."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs/use/webhooks.md").read_text(), re.DOTALL)[1]
    names = {}
    exec(code, names)
    return names["is_genuine"]


IS_GENUINE = documented()


class Receiver(http.server.ThreadingHTTPServer):
    """Listens on an address of this machine, until the end of a `with`."""

    daemon_threads = True

    def __init__(self, address="127.0.0.1"):
        super().__init__((address, 0), Handler)
        self.url = f"http://{address}:{self.server_port}/hooks"
        self.came = queue.Queue()
        # What the next requests are answered; the others get 204.
        self.statuses = []
        self.secret = None
        # Whether requests are answered.
        self.answers = threading.Event()
        self.answers.set()

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def next(self, what, topic):
        """The next request, verified: its headers in lower case, and its body."""
        try:
            headers, body = self.came.get(timeout=SECONDS)
        except queue.Empty:
            check(f"{what}: a request comes", False, f"none in {SECONDS} seconds")
        found = json.loads(body)
        is_right = IS_GENUINE(self.secret, headers, body) and found["type"] == topic
        check(f"{what}: a request comes, {topic}, signed with the webhook's secret", is_right, [headers, found])
        is_forged = IS_GENUINE(self.secret, headers, body + b" ")
        check("and no other body has this signature", not is_forged, headers)
        return headers, found

    def comes(self, seconds, count=1):
        """Whether so many requests come in this time; they stay the next ones."""
        end = time.monotonic() + seconds
        while self.came.qsize() < count and time.monotonic() < end:
            time.sleep(0.1)
        return self.came.qsize() >= count

    @contextlib.contextmanager
    def held(self):
        """While it lasts, requests come and are not answered."""
        self.answers.clear()
        try:
            yield
        finally:
            self.answers.set()


class Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    def do_POST(self):
        """Keeps it, and answers."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.put(({name.lower(): value for name, value in self.headers.items()}, body))
        self.server.answers.wait()
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 204)
        self.end_headers()

    def log_message(self, *_):
        """Says nothing: the trial does."""
