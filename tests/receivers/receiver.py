"""A receiver of webhooks in Python. It verifies each request in all the ways there are, and takes it only if all agree.

usage: receiver.py <docs/use/webhooks.md>

`PUT /keys` gives it the keys that it keeps, the next ones behind them: it goes on to those once it has refused a
request. `GET /requests/7` tells what has come, from the eighth request on, and `GET /ways` in which ways it verifies.
`POST /try` verifies a request with any keys and at any time. What is posted elsewhere is a webhook.
"""

import base64
import contextlib
import datetime
import http.server
import json
import sys
import threading
from unittest import mock

import standardwebhooks

from samples import blocks

KEPT, REQUESTS, LOCK = [], [], threading.Lock()


def documented():
    """The functions of the document, each in a module of its own, by what they import."""
    for code in blocks(sys.argv[1], "python"):
        module = {}
        exec(code, module)
        yield "cryptography" in code, module["is_genuine"]


DOCUMENTED = dict(documented())


def at(now):
    """The library takes no time but asks the clock, so for any time but the present its clock is another meanwhile."""
    if now is None:
        return contextlib.nullcontext()

    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(now, tz)

    return mock.patch("standardwebhooks.webhooks.datetime", Clock)


def by_library(keys, headers, body, now):
    """The whole of the library's own verification. It raises what it finds wrong."""
    with at(now):
        standardwebhooks.Webhook(keys["secret"]).verify(body, headers)
    return True


def by_hand(keys, headers, body, now):
    """As the document does it without a package."""
    return DOCUMENTED[False](keys["secret"], headers, body, now)


def by_public_key(keys, headers, body, now):
    """As the document does it with the package cryptography."""
    return DOCUMENTED[True](keys["public_key"], headers, body, now)


WAYS = {
    "v1 by standardwebhooks": by_library,
    "v1 by the document's code": by_hand,
    "v1a by the document's code": by_public_key,
}


def faults(keys, headers, body, now=None):
    """By way, why a request is refused."""
    found = {}
    for name, way in WAYS.items():
        try:
            if way(keys, headers, body, now) is not True:
                found[name] = "not genuine"
        except standardwebhooks.webhooks.WebhookVerificationError as error:
            found[name] = str(error)
    return found


def received(headers, body):
    """Verifies a request with the keys that are kept, and notes it."""
    # One at a time: another clock would be that of all.
    with LOCK:
        refused = faults(KEPT[0], headers, body)
        REQUESTS.append({"headers": headers, "body": base64.b64encode(body).decode(), "refused": refused})
        if refused and len(KEPT) > 1:
            KEPT.pop(0)
    return (400, refused) if refused else (204, None)


def tried(asked):
    """The faults of a request that somebody asks about."""
    with LOCK:
        return faults(asked["keys"], asked["headers"], base64.b64decode(asked["body"]), asked["now"])


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/ways":
            self.answer(200, list(WAYS))
        else:
            self.answer(200, REQUESTS[int(self.path.removeprefix("/requests/")) :])

    def do_PUT(self):
        KEPT[:] = json.loads(self.body())
        self.answer(204, None)

    def do_POST(self):
        if self.path == "/try":
            self.answer(200, tried(json.loads(self.body())))
        else:
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.answer(*received(headers, self.body()))

    def body(self):
        return self.rfile.read(int(self.headers["content-length"]))

    def answer(self, status, body):
        self.send_response(status)
        self.end_headers()
        if body is not None:
            self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        """Says nothing: what has come is told elsewhere."""


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"ready http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
