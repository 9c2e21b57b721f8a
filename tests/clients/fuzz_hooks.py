"""Who asks while the API is fuzzed: a session, and a token of its own wherever a token asks about itself."""

import itertools
import json
import os
import urllib.request

import schemathesis

URL = os.environ["FUZZ_URL"]
NUMBERS = itertools.count()
KEY_LENGTH_MAX = 255


def made(path, body, session=None):
    """What a POST has made."""
    headers = {"Content-Type": "application/json"}
    if session:
        headers["Authorization"] = f"Bearer {session}"
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


@schemathesis.hook
def before_call(context, case, **kwargs):
    """A key counts for one request: what is tried with the same one would only be told so."""
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and 1 <= len(key) <= KEY_LENGTH_MAX:
        number = str(next(NUMBERS))
        case.headers["Idempotency-Key"] = key[: KEY_LENGTH_MAX - len(number)] + number


class Bearer:
    """Sends what `get` has given."""

    def set(self, case, data, context):
        """Adds it to a request."""
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.auth().apply_to(path_regex="^/v1/(?!token(/|$))")
class Session(Bearer):
    """The owner of the team."""

    def get(self, case, context):
        """The session."""
        return os.environ["FUZZ_SESSION"]


@schemathesis.auth(refresh_interval=None).apply_to(path_regex="^/v1/token(/|$)")
class OwnToken(Bearer):
    """A token for one request, as it may end itself; of somebody new, as a person has only so many."""

    def get(self, case, context):
        """The token."""
        email = f"somebody{next(NUMBERS)}@example.com"
        session = made("/local/session", {"email": email, "name": "Somebody"})["session"]
        return made("/v1/tokens", {"name": "fuzzed", "permissions": ["object:read"]}, session)["token"]
