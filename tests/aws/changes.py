"""What follows from changes in the deployed stack: the audit log, requests to webhooks, retries, what is parked."""

import datetime

import lanes
from checks import check
from parking import dropped, mended, unreadable, waiting
from receiver import Receiver
from trial import CONTACTS, Trial, until

UNREAD = "event source mappings read streams and queues without the function's role: these rights were only simulated"


def verify(endpoint, gateway, team, session, token, name):
    """Tries it all, with the contact of this name. Gives the secrets that came up, and the gaps."""
    trial = Trial(endpoint, gateway, team, session, token)
    trial.name = name
    gaps = [UNREAD]
    with Receiver() as receiver, Receiver() as other:
        webhook = told(trial, receiver)
        log(trial, receiver)
        tested(trial, webhook, receiver)
        retried(trial, webhook, receiver)
        slow(trial, webhook, receiver)
        gaps += waiting(trial, webhook, receiver)
        unreadable(trial, receiver)
        gaps += mended(trial, receiver, other)
        gaps += lanes.verify(trial, webhook, receiver, other)
        dropped(trial)
        return [receiver.secret, other.secret], list(dict.fromkeys(gaps))


def told(trial, receiver):
    """A webhook is told of a change. Gives the webhook."""
    webhook = trial.webhook("Receiver", receiver)
    was, contact = trial.rename("Ada Byron")
    headers, event = receiver.next("a change", "object.updated")
    data = event["data"]
    is_right = (headers["webhook-id"], data["object"]["id"]) == (data["event_id"], contact["id"])
    is_right = is_right and data["changes"] == {"name": {"old": was, "new": trial.name}}
    is_right = is_right and (data["actor"]["token"], data["source"]) == (trial.token["id"], "api")
    check("it says what has changed, and who did it", is_right, event)
    trial.delivered(webhook, headers, [204])
    return webhook


def log(trial, receiver):
    """The audit log has the change with actor and values, along every index; and who was refused."""
    was, contact = trial.rename("Ada Noel")
    receiver.next("another change", "object.updated")
    path = f"/audit-logs?subject={contact['id']}"
    entry = until("the change is in the audit log", lambda: newest(trial, path, trial.name))
    fields = [{"slug": "name", "label": "Name", "old": was, "new": trial.name}]
    actor, token = entry["actor"], {"id": trial.token["id"], "name": "Form platform"}
    is_right = (entry["event"], entry["fields"]) == ("updated", fields)
    is_right = is_right and (actor["email"], actor["token"], actor["source"]) == ("demo@example.com", token, "api")
    check("with its actor and values", is_right and actor["ip"] and entry["subject"]["label"] == trial.name, entry)
    for query in ("", "?kind=object", "?object_type=contacts", f"?user={actor['user_id']}", "?event=updated&q=noel"):
        found = trial.expect("narrowed", 200, "GET", f"/audit-logs{query}")["data"]
        check("the change comes first", found[0] == entry, found[0])
    found = trial.expect("its history", 200, "GET", f"{CONTACTS}/{contact['id']}/history")["data"]
    check("the change comes first", found[0]["id"] == entry["id"], found[0])
    found = trial.expect("who was refused", 200, "GET", "/audit-logs?event=refused")["data"]
    written = {(one["subject"]["id"], *one["refusals"]["reasons"]) for one in found}
    check("the authorizer wrote it down", written == {(trial.token["id"], "insufficient_scope")}, found)


def newest(trial, path, name):
    """The newest entry, if it is about this name."""
    found = trial.list(path)
    return found and found[0]["fields"] and found[0]["fields"][0]["new"] == name and found[0]


def tested(trial, webhook, receiver):
    """A test comes by the queue of retries, which the relay reads."""
    trial.expect("a test", 202, "POST", f"/webhooks/{webhook['id']}/test")
    headers, _ = receiver.next("the test", "webhook.test")
    trial.delivered(webhook, headers, [204])


def retried(trial, webhook, receiver):
    """What was answered 500 comes again, with the same id and a signature of its own."""
    receiver.statuses = [500]
    trial.rename("Ada Gordon")
    first, _ = receiver.next("a change that is answered 500", "object.updated")
    second, _ = receiver.next("the same again", "object.updated")
    waited = int(second["webhook-timestamp"]) - int(first["webhook-timestamp"])
    is_right = first["webhook-id"] == second["webhook-id"] and 4 <= waited
    check(f"it has the same id and comes {waited} seconds later", is_right, [first, second])
    trial.delivered(webhook, first, [500, 204])
    shown = trial.expect("the webhook", 200, "GET", f"/webhooks/{webhook['id']}")
    is_well = shown["health"]["failing_since"] is None and shown["waiting"]["pending"] == 0
    check("its receiver does well again, and nothing waits", is_well, shown)


def slow(trial, webhook, receiver):
    """Requests to a receiver that has failed for a while go by a queue of their own."""
    key = {"pk": {"S": f"WEBHOOK#{webhook['id']}"}, "sk": {"S": "HEALTH"}}
    since = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    health = {**key, "failing_since": {"S": f"{since:%Y-%m-%dT%H:%M:%S}.000Z"}}
    trial.dynamodb.put_item(TableName=trial.made["ActivityTable"], Item=health)
    trial.rename("Ada Lamb")
    headers, _ = receiver.next("a change, while the receiver fails", "object.updated")
    trial.delivered(webhook, headers, [204])
    functions = trial.client("lambda")

    def came():
        found = functions.list_event_source_mappings(
            FunctionName=trial.made["DeliveriesFunction"], EventSourceArn=trial.arn("SlowRequestQueue")
        )
        return found["EventSourceMappings"][0]["LastProcessingResult"] == "OK - 1 records"

    until("it came by SlowRequestQueue", came)
