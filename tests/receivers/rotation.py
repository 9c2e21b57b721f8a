"""Receivers verify all along while keys are rotated, and with keys that have leaked nothing more."""

import json

from checks import check, wait
from hooks import kinds

PAIR = ["v1", "v1a"]


def rotated(contacts, hooks):
    """With an overlap: requests have the signatures of both, for receivers with the old keys or the new."""
    contact = contacts.make({"name": "first"})
    for hook in hooks:
        hook.arrived()
        answer = hook.rotate()
        (old, *_), new = hook.past, hook.keys
        is_new = all(old[name] != new[name] for name in old)
        previous = [key["public_key"] for key in answer["previous_keys"]]
        is_right = is_new and previous == [old["public_key"]]
        check(f"{hook.name}: a rotation gives new keys, for a time beside the old", is_right, answer)
    contacts.change(contact, {"name": "verified with the old keys"})
    for hook in hooks:
        verified(hook, "the old keys verify what both have signed", 2 * PAIR)
        hook.receiver.keep(hook.keys)
    contacts.change(contact, {"name": "verified with the new keys"})
    for hook in hooks:
        verified(hook, "so do the new keys", 2 * PAIR)


def leaked(contacts, hooks):
    """Without an overlap: from the next request on the old keys verify nothing."""
    contact = contacts.make({"name": "first"})
    for hook in hooks:
        # What is on its way is signed already.
        hook.arrived()
        answer = hook.rotate({"overlap_seconds": 0})
        check(f"{hook.name}: a rotation at once leaves no old keys", answer["previous_keys"] == [], answer)
        hook.receiver.keep(hook.past[0], hook.keys)
    contacts.change(contact, {"name": "refused, then taken"})
    for hook in hooks:
        request = refused(hook)
        again(hook, request, verified(hook, "with the new keys the retry verifies", PAIR))
    contacts.change(contact, {"name": "taken"})
    for hook in hooks:
        verified(hook, "and so does the next event", PAIR)


def verified(hook, what, wanted):
    """The last request that was taken, which is to have signatures of these kinds."""
    request = hook.arrived()[-1]
    is_right = (kinds(request), request["refused"]) == (wanted, {})
    check(f"{hook.name}: {what}, in all ways ({' '.join(wanted)})", is_right, request)
    return request


def refused(hook):
    """The request that was refused, the only one."""
    receiver = hook.receiver

    def look():
        return [request for request in receiver.requests() if request["refused"]]

    found = wait(f"{hook.name}: a request is refused", look, len)
    (request, *more) = found
    is_right = not more and kinds(request) == PAIR and request["refused"].keys() == receiver.ways
    check(f"{hook.name}: the next request is refused, in all ways", is_right, found)
    older = receiver.faults(request, hook.past[1])
    check(f"{hook.name}: with still older keys as well", older.keys() == receiver.ways, older)
    return request


def again(hook, first, second):
    """The request that was refused, and the one that was made for it."""
    before, after = first["headers"], second["headers"]
    event = before["webhook-id"]
    is_same = (event, first["body"]) == (after["webhook-id"], second["body"])
    is_later = int(before["webhook-timestamp"]) < int(after["webhook-timestamp"])
    is_new = is_later and before["webhook-signature"] != after["webhook-signature"]
    what = "the retry is of the same event, with a time and signatures of its own"
    check(f"{hook.name}: {what}", is_same and is_new, [before, after])
    (known,) = (one for one in hook.deliveries() if one["event_id"] == event)
    what = f"{hook.name}: what was refused is delivered"
    found = wait(what, lambda: hook.delivery(known), lambda one: one["status"] == "delivered")
    statuses = [attempt["status"] for attempt in found["attempts"]]
    is_told = json.loads(found["attempts"][0]["response"]) == first["refused"]
    check(f"{hook.name}: its attempts show 400 with the reasons, then 204", statuses == [400, 204] and is_told, found)
