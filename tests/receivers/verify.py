"""Proves that receivers verify what is sent: the published libraries in Python and Node, and the code of the documents.

usage: verify.py <engine> <folder for logs>
"""

import contextlib
import json
import pathlib
import signal
import sys

import forms
import zapier
from checks import HERE, ROOT, check, started, wait
from genuine import forged, vectors
from hooks import Contacts, Hook, Receiver, Team, field, is_about, kinds, sent
from rotation import PAIR, leaked, rotated
from samples import blocks, is_part

ENGINE, WORK = sys.argv[1], pathlib.Path(sys.argv[2])
DOCUMENT = ROOT / "docs" / "use" / "webhooks.md"
# Text that JSON can write in several ways, and a number that no float holds.
NAME = "Zoë 日本 🐢 👩\u200d💻"
NOTES = 'tab\t, line\n, "quotes", \\, </script>, ÿ'
AMOUNT = "12345678901234567890.123456789"
# As many long texts as an object has room for.
PARTS = [f"part_{number}" for number in range(1, 8)]
FIELDS = [
    field("name", "text"),
    field("stage", "dropdown", options=["New", "Won"]),
    field("company", "text"),
    field("notes", "textarea"),
    field("amount", "number"),
    *(field(part, "textarea") for part in PARTS),
]


def told(contacts, hooks):
    """Whatever happens to objects is told, and verifies."""
    made = json.dumps({"name": NAME, "notes": NOTES, "stage": "New"}, ensure_ascii=False)
    contact = contacts.make(f'{made[:-1]}, "amount": {AMOUNT}}}')
    contacts.change(contact, {"name": "Ada", "stage": "Won"})
    contacts.do("object.send", "POST", f"{contact}/send")
    contacts.do("object.deleted", "DELETE", contact)
    contacts.do("object.updated", "POST", f"{contact}/restore")
    contacts.do("object.deleted", "DELETE", contact)
    contacts.do("object.deleted", "DELETE", f"{contact}/force")
    for hook in hooks:
        hook.test()
        requests = hook.arrived()
        topics = sorted(sent(request)["type"] for request in requests)
        is_all = topics == sorted(hook.told)
        check(f"{hook.name}: {len(topics)} events of {len(set(topics))} kinds verify, in all ways", is_all, topics)
        found = [kinds(request) for request in requests]
        check(f"{hook.name}: each has one signature of either kind", all(one == PAIR for one in found), found)
        compared(hook, [request for request in requests if is_about(request, contact)])


def compared(hook, requests):
    """What the requests about the contact say, whatever their order."""
    requests.sort(key=lambda request: (sent(request)["data"]["version"], sent(request)["type"] == "object.send"))
    body, events = requests[0]["body"], [sent(request)["data"] for request in requests]
    fields = events[0]["object"]["fields"]
    is_whole = (fields["name"], fields["notes"]) == (NAME, NOTES) and f'"amount":{AMOUNT}'.encode() in body
    check(f"{hook.name}: text beyond ASCII and all digits of a number arrive", is_whole, body)
    found = [(event["version"], event["changes"], event.get("permanent")) for event in events]
    changes = {"name": {"old": NAME, "new": "Ada"}, "stage": {"old": "New", "new": "Won"}}
    quiet = [(version, {}, None) for version in (2, 3, 4, 5)]
    wanted = [(1, {}, None), (2, changes, None), *quiet, (6, {}, True)]
    check(f"{hook.name}: they tell versions, changes, and what is permanent", found == wanted, found)


def shown(contacts, hooks):
    """The request that the document shows."""
    (example,) = (block for block in blocks(DOCUMENT, "") if block.startswith("POST "))
    head, body = example.split("\n\n", 1)
    names = {line.split(": ")[0] for line in head.splitlines()[1:]}
    contact = contacts.make({"name": "Ada"})
    contacts.change(contact, {"company": "Engines"})
    for hook in hooks:
        about = (request for request in hook.arrived() if is_about(request, contact))
        (request,) = (request for request in about if sent(request)["type"] == "object.updated")
        holds = names <= request["headers"].keys() and is_part(json.loads(body), sent(request))
        check(f"{hook.name}: what the document shows is what comes", holds, request)


def large(contacts, hooks):
    """What would make a request too large is left out of it."""
    # In JSON each quote is two bytes.
    contact = contacts.make(dict.fromkeys(PARTS, 45_000 * '"'))
    contacts.change(contact, dict.fromkeys(PARTS, 45_000 * "x"))
    omitted = {"omitted": True}
    for hook in hooks:
        about = [sent(request) for request in hook.arrived() if is_about(request, contact)]
        events = {event["type"]: event["data"] for event in about}
        fields, changes = events["object.created"]["object"]["fields"], events["object.updated"]["changes"]
        is_left_out = (fields, changes) == (omitted, dict.fromkeys(PARTS, omitted))
        check(f"{hook.name}: what is too large is left out, and the rest verifies", is_left_out, [fields, changes])


def complete(hook):
    """Each event has come once, and is known to have."""
    requests = hook.receiver.requests()
    taken = {request["headers"]["webhook-id"]: request for request in requests if not request["refused"]}
    counts = (len(taken), len(requests))
    is_once = counts == (len(hook.told), len(hook.told) + 1)
    check(f"{hook.name}: {counts[0]} events have come once each, and one was refused before", is_once, counts)
    what = f"{hook.name}: all is delivered"
    deliveries = wait(what, hook.deliveries, lambda found: all(one["status"] == "delivered" for one in found))
    found = sorted((one["event_id"], one["topic"]) for one in deliveries)
    wanted = sorted((event, sent(request)["type"]) for event, request in taken.items())
    check(f"{hook.name}: its {len(found)} deliveries are of these, and all are delivered", found == wanted, found)
    bodies = {one["event_id"]: hook.delivery(one)["request"]["body"].encode() for one in deliveries}
    is_same = bodies == {event: request["body"] for event, request in taken.items()}
    check(f"{hook.name}: they show what came to the byte", is_same, bodies)
    waiting = hook.owner.do("GET", hook.path)["waiting"]
    check(f"{hook.name}: nothing waits", waiting == {"pending": 0, "held": 0, "more": False}, waiting)


def trial(url, receivers):
    """The whole of it, but for the functions of docs/use/rest-hooks.md."""
    for receiver in receivers:
        vectors(receiver)
    team = Team(url, "receivers", FIELDS)
    hooks = [Hook(team, receiver) for receiver in receivers]
    contacts = Contacts(team, hooks)
    for part in (told, shown, large, rotated, leaked):
        part(contacts, hooks)
    first, second = hooks
    forged(first, second.keys)
    forged(second, first.keys)
    for hook in hooks:
        complete(hook)


def main():
    """Starts what is needed, and ends it."""
    # Without this what was started would go on.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    forms.verified()
    options = ["--in-memory", "--port", "0", "--seed", "none", "--allow-private-webhooks"]
    python, node = [sys.executable, HERE / "receiver.py", DOCUMENT], ["node", HERE / "receiver.js", DOCUMENT]
    with contextlib.ExitStack() as programs:

        def start(name, command):
            return programs.enter_context(started(WORK, name, command))

        url = start("engine", [ENGINE, *options])
        named = {"Python": python, "Node": node, "Zapier": node}
        *receivers, zap = (Receiver(name, start(name, command)) for name, command in named.items())
        trial(url, receivers)
        zapier.trial(url, zap)


if __name__ == "__main__":
    main()
