"""The OpenAPI document in the hands of linters, of clients that generators make of it, and of a fuzzer.

usage: verify.py <engine> <folder for logs>
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import fuzz
from checks import ROOT, Client, check, started

HERE = ROOT / "tests" / "clients"
DOCUMENT = ROOT / "docs" / "reference" / "openapi.json"
ENGINE, WORK = sys.argv[1], pathlib.Path(sys.argv[2])
NODE = pathlib.Path(os.environ["NODE_PATH"]).parent


def run(what, *command, cwd=WORK, quiet=True):
    """A command that must succeed: what it has said."""
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if not quiet:
        print(done.stdout, end="", flush=True)
    if quiet or done.returncode:
        check(what, done.returncode == 0, done.stdout[-8000:])
    return done.stdout


def linted():
    """The rules that redocly and spectral recommend, without a warning."""
    redocly = HERE / "redocly.yaml"
    told = run("redocly has no error", "redocly", "lint", "--config", redocly, "--format", "json", DOCUMENT)
    # It greets in front of its JSON.
    problems = json.loads(told[told.index("{\n") : told.rindex("}") + 1])["problems"]
    check("redocly has no warning", not problems, problems)
    run(
        "spectral has no error and no warning",
        *("spectral", "lint", "--ruleset", HERE / "spectral.yaml", "--fail-severity", "warn", DOCUMENT),
    )


def python_client():
    """The folder with the client that openapi-python-client makes."""
    to = WORK / "python"
    to.mkdir()
    command = ("openapi-python-client", "generate", "--path", DOCUMENT, "--meta", "none", "--fail-on-warning")
    run("openapi-python-client leaves nothing out", *command, "--output-path", to / "engine_api_client")
    return to


def typescript_client():
    """The program of client.mts with the types that openapi-typescript makes."""
    # Node looks for packages beside the program.
    to = NODE / "build"
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir()
    shutil.copy(HERE / "client.mts", to)
    types = to / "schema.d.ts"
    run(
        "openapi-typescript makes types",
        "openapi-typescript",
        DOCUMENT,
        "--default-non-nullable=false",
        "--output",
        types,
    )
    options = ("--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom,dom.iterable")
    run("tsc --strict takes the client", "tsc", *options, "client.mts", cwd=to)
    return to / "client.mjs"


def lists():
    """The paths of all routes that answer a list."""
    document = json.loads(DOCUMENT.read_text())
    start = "#/components/schemas/ListOf"
    found = set()
    for path, methods in document["paths"].items():
        content = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        if content.get("application/json", {}).get("schema", {}).get("$ref", "").startswith(start):
            found.add(path)
    return found


def used(name, *command):
    """A client at work, which says `list` and the path of each list that it has read."""
    told = run(f"{name} works", *command, quiet=False)
    read = {line.removeprefix("list  ") for line in told.splitlines() if line.startswith("list  ")}
    check(f"{name}: all {len(read)} routes with lists are read", read == lists(), sorted(read ^ lists()))


def main():
    """Starts what is needed, and ends it."""
    # Without this what was started would go on.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    linted()
    python, typescript = python_client(), typescript_client()
    options = ["--in-memory", "--port", "0", "--seed", "none", "--failures-per-minute", "1000000"]
    with started(WORK, "engine", [ENGINE, *options]) as url:

        def session(name):
            body = {"email": f"{name}@example.com", "name": name}
            return Client(url).do("POST", "/local/session", body)["session"]

        os.environ["PYTHONPATH"] += f":{python}"
        used("the Python client", sys.executable, HERE / "client.py", url, session("python"))
        used("the TypeScript client", "node", typescript, url, session("typescript"))
        fuzz.trial(WORK, url, session("fuzzer"))


if __name__ == "__main__":
    main()
