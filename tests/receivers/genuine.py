"""What is a request of ours and what is none, by the vectors and by what is made of a request that has come."""

import json

from checks import ROOT, check

VECTORS = ROOT / "docs" / "reference" / "webhook-vectors.json"
# How far off a request may be. The standard leaves it open; its libraries and our document all say five minutes.
TOLERANCE_SECONDS = 300


def vectors(receiver):
    """The vectors, with their time for now, and with the names of headers as some servers give them."""
    for vector in json.loads(VECTORS.read_text()):
        now = int(vector["headers"]["webhook-timestamp"])
        word, wanted = ("genuine", set()) if vector["genuine"] else ("refused", receiver.ways)
        for spelled in (str.lower, str.title):
            headers = {spelled(name): value for name, value in vector["headers"].items()}
            found = receiver.faults({"headers": headers, "body": vector["body"].encode()}, vector, now)
            what = f"{receiver.name}: vector {vector['name']!r}, {spelled('webhook-id')}"
            check(f"{what}: {word}, in all ways", found.keys() == wanted, found)


def forged(hook, others):
    """The last request as it is, and as somebody could have made it; `others` are the keys of another webhook."""
    receiver, keys, request = hook.receiver, hook.keys, hook.arrived()[-1]
    now, body = int(request["headers"]["webhook-timestamp"]), request["body"]
    v1, v1a = request["headers"]["webhook-signature"].split(" ")
    all_, by_secret = receiver.ways, {way for way in receiver.ways if way.startswith("v1 ")}

    def headers(**changes):
        return request["headers"] | {f"webhook-{name}": value for name, value in changes.items()}

    def try_(what, wanted, verb, keys=keys, now=now, **changes):
        found = receiver.faults(request | changes, keys, now)
        check(f"{hook.name}: {what}: {verb}", found.keys() == wanted, found)

    for seconds in (0, 1 - TOLERANCE_SECONDS, TOLERANCE_SECONDS - 1):
        try_(f"a request, {seconds} seconds later", set(), "verifies in all ways", now=now + seconds)
    for seconds in (-1 - TOLERANCE_SECONDS, TOLERANCE_SECONDS + 1):
        try_(f"the same, {seconds} seconds later", all_, "refused in all ways", now=now + seconds)
    for what, changes in (
        ("one bit of the body", {"body": bytes([*body[:9], body[9] ^ 1, *body[10:]])}),
        ("one byte more", {"body": body + b"\n"}),
        ("no body", {"body": b""}),
        ("another webhook-id", {"headers": headers(id="evt_0000000000000000000000")}),
        ("another webhook-timestamp", {"headers": headers(timestamp=str(now + 1))}),
        ("the keys of another webhook", {"keys": others}),
        ("keys that were rotated away", {"keys": hook.past[0]}),
        ("empty signatures", {"headers": headers(signature="v1, v1a,")}),
    ):
        try_(what, all_, "refused in all ways", **changes)
    try_("no v1 signature", by_secret, "refused by the ways of v1", headers=headers(signature=v1a))
    try_("no v1a signature", all_ - by_secret, "refused by the way of v1a", headers=headers(signature=v1))
