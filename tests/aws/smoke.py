"""The checks of smoke.sh: through HTTP only, with nothing but Python's own library."""

import argparse
import gzip
import http.client
import json
import os
import re
import secrets
import time
import urllib.parse

PROBLEM = "application/problem+json"
MEMBERS = {"type", "title", "status", "code", "detail", "request_id", "errors"}
CONTACTS = {
    "slug": "smoke-contacts",
    "singular_label": "Contact",
    "plural_label": "Contacts",
    "item_label_fields": ["email"],
    "fields": [{"slug": "email", "label": "E-mail", "type": "email", "unique": True, "required": "always"}],
}
# A write that the answer waits for is there when the answer is.
SECONDS = 5


class Failed(Exception):
    """A check found something else."""


class Answer:
    """What came back."""

    def __init__(self, response):
        self.status, self.body = response.status, response.read()
        self.headers = {name.lower(): value for name, value in response.getheaders()}

    def json(self):
        """The body, which must be JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise Failed(f"{self.status}, and no JSON: {self.body[:300]!r}") from None

    def expect(self, *statuses):
        """The body, if the status is one of these."""
        if self.status not in statuses:
            raise Failed(f"{self.status} in place of {statuses}: {self.body[:300]!r}")
        return self.json() if self.body else None

    def refused(self, statuses, codes):
        """A refusal in the form of RFC 9457."""
        body = self.expect(*statuses)
        same("a problem", self.headers.get("content-type"), PROBLEM)
        if not body.keys() >= MEMBERS or body["status"] != self.status or body["code"] not in codes:
            raise Failed(f"another refusal: {body}")
        same("the request id", self.headers.get("x-request-id"), body["request_id"])
        return body


def same(what, found, wanted):
    """Whether something is as it must be."""
    if found != wanted:
        raise Failed(f"{what}: {found!r} in place of {wanted!r}")


class Api:
    """A deployed API, and one person's session there."""

    def __init__(self, url):
        self.url = urllib.parse.urlparse(url.rstrip("/").removesuffix("/v1"))
        self.session = os.environ.get("SESSION")
        self.tokens = []

    def call(self, method, path, body=None, credential=None, raw=None, coding="identity"):
        """One request, on a connection of its own."""
        is_tls = self.url.scheme == "https"
        kind = http.client.HTTPSConnection if is_tls else http.client.HTTPConnection
        connection = kind(self.url.hostname, self.url.port, timeout=60)
        headers = {"User-Agent": "smoke", "Accept": "*/*", "Accept-Encoding": coding}
        if credential:
            headers["Authorization"] = f"Bearer {credential}"
        if body is not None or raw is not None:
            headers["Content-Type"] = "application/json"
        sent = raw if body is None else json.dumps(body)
        try:
            connection.request(method, f"{self.url.path}{path}", sent, headers)
            return Answer(connection.getresponse())
        except (BrokenPipeError, ConnectionResetError):
            # Who refuses a large body may do so before all of it is sent.
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def own(self, method, path, body=None):
        """The same, by the person."""
        return self.call(method, path, body, self.session)

    def token(self, **about):
        """A new token of the person."""
        wanted = {"name": f"Smoke {secrets.token_hex(6)}", "permissions": ["object:create", "object:update"], **about}
        made = self.own("POST", "/v1/tokens", wanted).expect(201)
        self.tokens.append(made["id"])
        return made

    def set_up(self):
        """A session, a team, a type."""
        if not self.session:
            person = {"email": f"smoke-{secrets.token_hex(6)}@example.com", "name": "Smoke"}
            answer = self.call("POST", "/local/session", person)
            if answer.status != 200 and answer.status != 201:
                raise SystemExit("set SESSION to the ID token of a person: only `make run` gives one by itself")
            self.session = next(value for value in answer.json().values() if str(value).count(".") == 2)
        teams = self.own("GET", "/v1/teams?limit=100").expect(200)["data"]
        team = next((one for one in teams if one["name"] == "Smoke"), None)
        team = team or self.own("POST", "/v1/teams", {"name": "Smoke", "slug": f"smoke-{secrets.token_hex(6)}"}).expect(201)
        self.place = f"/v1/teams/{team['id']}"
        self.contacts = f"{self.place}/objects/{CONTACTS['slug']}"
        if self.own("GET", f"{self.place}/object-types/{CONTACTS['slug']}").status == 404:
            self.own("POST", f"{self.place}/object-types", CONTACTS).expect(201)

    def clean_up(self):
        """No token is left."""
        for token in self.tokens:
            self.own("DELETE", f"/v1/tokens/{token}").expect(204)


def eventually(what, look):
    """What is found within the time."""
    end = time.monotonic() + SECONDS
    while not (found := look()):
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {SECONDS} seconds")
        time.sleep(0.5)
    return found


def public(api):
    """Health without a credential; an unknown path is 404; what is refused has a challenge."""
    api.call("GET", "/v1/health").expect(200)
    api.call("GET", "/v1/nowhere").refused([404], ["not_found"])
    refused = api.call("GET", "/v1/me")
    refused.refused([401], ["invalid_token"])
    if not refused.headers.get("www-authenticate", "").startswith("Bearer "):
        raise Failed(f"no challenge: {refused.headers}")


def parsable_403(api):
    """The gateway's own 403 is JSON, with our code and the permission that is missing."""
    token = api.token()["token"]
    for _ in range(2):
        body = api.call("GET", api.contacts, credential=token).refused([403], ["insufficient_scope"])
        same("what is missing", body.get("required_permissions"), ["object:read"])


def no_cache(api):
    """A decision is never used again: off acts on the next request, and so does on."""
    token = api.token()
    place = f"/v1/tokens/{token['id']}"
    for is_on in (True, False, True, False):
        api.own("PATCH", place, {"active": is_on}).expect(200)
        answer = api.call("GET", "/v1/token", credential=token["token"])
        if is_on:
            answer.expect(200)
        else:
            answer.refused([401], ["invalid_token"])


def last_use(api):
    """One lone request is noted, though no other follows that would wake the function."""
    token = api.token()
    api.call("GET", "/v1/token", credential=token["token"]).expect(200)
    place = f"/v1/tokens/{token['id']}"
    used = eventually("the last use", lambda: api.own("GET", place).expect(200)["last_used"])
    if not used["ip"]:
        raise Failed(f"no address: {used}")


def lone_refusal(api):
    """One lone refusal of a genuine token stands in its history."""
    token = api.token()
    place = f"/v1/tokens/{token['id']}"
    api.own("PATCH", place, {"active": False}).expect(200)
    api.call("GET", "/v1/token", credential=token["token"]).refused([401], ["invalid_token"])
    events = lambda: [one["event"] for one in api.own("GET", f"{place}/history").expect(200)["data"]]
    eventually("the refusal", lambda: "refused" in events())


def lone_denial(api):
    """So does one for a permission that it lacks."""
    token = api.token()
    same("the status", api.call("GET", api.contacts, credential=token["token"]).status, 403)
    place = f"/v1/tokens/{token['id']}/history"
    events = lambda: [one["event"] for one in api.own("GET", place).expect(200)["data"]]
    eventually("the refusal", lambda: "refused" in events())


def rotation(api):
    """Both secrets count for a while; with no overlap the one before is over at once."""
    old = api.token()
    place = f"/v1/tokens/{old['id']}/rotate"
    new = api.own("POST", place, {"overlap_seconds": 3600}).expect(200, 201)["token"]
    for credential in (old["token"], new):
        api.call("GET", "/v1/token", credential=credential).expect(200)
    newest = api.own("POST", place, {"overlap_seconds": 0}).expect(200, 201)["token"]
    api.call("GET", "/v1/token", credential=new).refused([401], ["invalid_token"])
    api.call("GET", "/v1/token", credential=newest).expect(200)


def large_body(api):
    """5 MB, which in base 64 is more than Lambda takes, are too large and no failure."""
    token = api.token()["token"]
    body = b'{"fields": {"email": "%s"}}' % (b"x" * 5_000_000)
    api.call("PUT", f"{api.contacts}?match=email", raw=body, credential=token).refused([413], ["too_large"])


def long_path(api):
    """600 characters, which is more than a policy's resource may have, are refused and no failure."""
    token = api.token()["token"]
    path = f"{api.place}/objects/{'x' * 600}"
    api.call("GET", path, credential=token).refused([403, 404, 414], ["no_access", "insufficient_scope", "not_found"])


def written(api):
    """A contact is made once, then changed, by a token that may not read it."""
    token = api.token()["token"]
    contact = {"fields": {"email": f"{secrets.token_hex(8)}@example.com"}}
    path = f"{api.contacts}?match=email"
    made = api.call("PUT", path, contact, token).expect(201)
    again = api.call("PUT", path, contact, token).expect(200)
    same("one contact", again["id"], made["id"])
    if "fields" in made or "fields" in again:
        raise Failed(f"data was told: {made}")


def sign_in(api):
    """The console is there, and the issuer's page that it leads to."""
    page = api.call("GET", "/console")
    same("the console", (page.status, page.headers.get("content-type", "").split(";")[0]), (200, "text/html"))
    if "content-security-policy" not in page.headers:
        raise Failed(f"no policy: {page.headers}")
    email = api.own("GET", "/v1/me").expect(200)
    if not email.get("email") and not email.get("user", {}).get("email"):
        raise Failed(f"the session tells no verified address: {email}")


def assets(api):
    """What the console is made of comes whole, compressed or not."""
    page = api.call("GET", "/console").body.decode()
    found = re.search(r'src="[^"]*(/console/assets/[^"]+/shell/main\.js)"', page)
    if not found:
        raise Failed(f"no module: {page[:300]}")
    plain, small = api.call("GET", found[1]), api.call("GET", found[1], coding="gzip")
    for answer in (plain, small):
        same("its type", (answer.status, answer.headers.get("content-type")), (200, "text/javascript; charset=utf-8"))
    same("its coding", small.headers.get("content-encoding"), "gzip")
    same("its bytes", gzip.decompress(small.body), plain.body)


CHECKS = (public, sign_in, assets, written, parsable_403, no_cache, last_use, lone_refusal, lone_denial, rotation)
CHECKS += (large_body, long_path)


def main():
    """Makes all checks, says what each found, and fails if one did."""
    names = [check.__name__ for check in CHECKS]
    parser = argparse.ArgumentParser(description="Asks a deployed stack about what stand-ins cannot show.")
    parser.add_argument("url", help="such as https://api.example.com, or ApiUrl")
    parser.add_argument("--except", dest="left_out", action="append", default=[], choices=names)
    given = parser.parse_args()
    api, failures = Api(given.url), 0
    api.set_up()
    for check in CHECKS:
        if check.__name__ in given.left_out:
            print(f"left  {check.__name__}", flush=True)
            continue
        try:
            check(api)
            print(f"ok    {check.__name__}: {check.__doc__}", flush=True)
        except (Failed, OSError) as error:
            failures += 1
            print(f"NOT   {check.__name__}: {check.__doc__}\nfound {error}", flush=True)
    api.clean_up()
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
