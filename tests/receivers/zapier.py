"""The functions of docs/use/rest-hooks.md, run as they stand there, by a token that may do just what they need."""

import json
import subprocess

from checks import HERE, ROOT, check, wait
from hooks import Team, field, keys_of
from samples import blocks, form

DOCUMENT = ROOT / "docs" / "use" / "rest-hooks.md"
FIELDS = [field("name", "text"), field("email", "email"), field("company", "text")]
# Whom the samples show.
ADA = {"name": "Ada", "email": "ada@example.com", "company": "Engines"}


class App:
    """The app of the document, connected with a token that has these permissions."""

    def __init__(self, team, *permissions):
        self.url, self.token = team.url, team.token(*permissions)

    def run(self, function, **bundle):
        """What a function gives or throws, and the answers that it got."""
        command = ["node", HERE / "zapier.js", DOCUMENT, self.url, self.token, function]
        done = subprocess.run(command, input=json.dumps(bundle), capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            check(f"{function} runs", False, done.stderr)
        return json.loads(done.stdout)


def subscribed(app, given, receiver):
    """A Zap is switched on. Gives what it keeps."""
    sample, _ = blocks(DOCUMENT, "json")
    found = app.run("performSubscribe", inputData=given, targetUrl=receiver.url)
    (answer,) = found["answers"]
    is_kept = found.get("result") == {"id": answer["data"].get("id")}
    check("performSubscribe: 201, and it keeps the id", answer["status"] == 201 and is_kept, found)
    wanted = form(json.loads(sample)) | {"url": receiver.url}
    check("the answer has the members and forms of the sample", form(answer["data"]) == wanted, answer["data"])
    receiver.keep(keys_of(answer["data"]))
    wrong = app.run("performSubscribe", inputData={**given, "topic": "object.sent"}, targetUrl=receiver.url)
    (refusal,) = wrong["answers"]
    pointers = [error["pointer"] for error in refusal["data"]["errors"]]
    is_refused = (refusal["status"], pointers) == (422, ["/topics/0"]) and "thrown" in wrong
    check("performSubscribe of another topic: 422 with /topics/0", is_refused, wrong)
    return found["result"]


def performed(app, team, given, receiver):
    """A Zap runs on what it was sent, and on the sample that its maker sees."""
    _, sample = blocks(DOCUMENT, "json")
    made = team.owner.do("POST", f"{team.path}/objects/contacts", {"fields": ADA})
    (request,) = wait("a request comes", receiver.requests, len)
    check("what a Zap gets verifies as well", request["refused"] == {}, request)
    body = json.loads(request["body"])
    hook = app.run("perform", inputData=given, cleanedRequest=body)["result"]
    check("perform: the object, with the event beside it", hook == [{**made, "event": body["data"]}], hook)
    test = {"type": "webhook.test", "data": {"event_id": "evt_1", "webhook": {"id": "whk_1"}}}
    found = app.run("perform", inputData=given, cleanedRequest=test)["result"]
    check("perform: a test starts no Zap", found == [], found)
    listed = app.run("performList", inputData=given)
    (answer,) = listed["answers"]
    check("performList: the same object, without an event", listed["result"] == [made], listed)
    is_same = answer["status"] == 200 and form(answer["data"]) == form(json.loads(sample))
    check("the answer has the members and forms of the sample", is_same, answer)


def unsubscribed(app, team, given, kept):
    """A Zap is switched off, by two at the same time even."""
    bundle = {"inputData": given, "subscribeData": kept}
    lesser = App(team, "webhook:create", "object:read").run("performUnsubscribe", **bundle)
    is_refused = lesser["answers"][0]["status"] == 403 and "thrown" in lesser
    check("performUnsubscribe without webhook:delete: 403, and it says so", is_refused, lesser)
    for status in (204, 404):
        found = app.run("performUnsubscribe", **bundle)
        is_fine = [answer["status"] for answer in found["answers"]] == [status] and "thrown" not in found
        check(f"performUnsubscribe: {status} is fine", is_fine, found)
    trash = team.owner.do("GET", f"{team.path}/webhooks?trashed=only")["data"]
    check("the webhook is in the trash", [webhook["id"] for webhook in trash] == [kept["id"]], trash)


def trial(url, receiver):
    """The whole of it."""
    team = Team(url, "zapier", FIELDS)
    app = App(team, "webhook:create", "webhook:delete", "object:read")
    given = {"team": team.id, "type": "contacts", "topic": "object.created"}
    kept = subscribed(app, given, receiver)
    performed(app, team, given, receiver)
    unsubscribed(app, team, given, kept)
