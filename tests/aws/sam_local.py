"""Invokes every function with its sample event by `sam local invoke` and checks the answers.

usage: sam_local.py <built template> <image> <endpoint of the stand-in>
"""

import datetime
import json
import pathlib
import subprocess
import sys
import urllib.parse

import boto3

from checks import ROOT, answer, caller, check, in_team, policy, problem, request, sample, template, unauthorized
from receiver import Receiver
from stand_in import queue_name, variables

BUILT, IMAGE, ENDPOINT = sys.argv[1:]
# Where containers see this machine.
HOST = urllib.parse.urlparse(ENDPOINT).hostname
PARAMETERS = f"Architecture=x86_64 EndpointUrl={ENDPOINT} WebhookAllowedHosts={HOST} WebhookAllowsHttp=true"
CONTACTS = json.loads((ROOT / "tests/aws/contacts.json").read_text())
DONE = {"batchItemFailures": []}
VARIABLES = pathlib.Path(BUILT).with_name("variables.json")


def invoke(function, event):
    """The function's answer to the event, as `sam local invoke` prints it."""
    command = ["sam", "local", "invoke", function, "--template", BUILT, "--event", "-", "--invoke-image", IMAGE]
    command += ["--skip-pull-image", "--parameter-overrides", PARAMETERS, "--env-vars", str(VARIABLES)]
    for _ in range(2):
        done = subprocess.run(command, input=json.dumps(event), capture_output=True, text=True, timeout=120)
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        # On a busy machine SAM sometimes loses a container that it has just started.
        if lines or "No response from invoke container" not in done.stderr:
            break
        print(f"again {function}: SAM lost the container", flush=True)
    check(f"{function} answers", lines, {"exit": done.returncode, "log": done.stderr[-2000:]})
    return json.loads(lines[-1])


def public():
    """The functions that keep nothing."""
    groups = answer("discovery-permissions", invoke("DiscoveryFunction", sample("discovery-permissions")), 200)
    check("the catalogue has 39 permissions", json.dumps(groups).count('"description"') >= 39, groups)
    lost = request("discovery-permissions", "GET", "/v1/nowhere")
    problem("an unknown path", invoke("DiscoveryFunction", lost), 404, "not_found")
    page = answer("console-page", invoke("ConsoleFunction", sample("console-page")), 200, "text/html")
    check("the page is HTML", "<html" in page.lower(), page[:500])


def families():
    """The functions that keep things, on empty tables."""
    me = answer("teams-me", invoke("TeamsFunction", sample("teams-me")), 200)
    check("it is the caller", sample("teams-me")["requestContext"]["authorizer"]["user_id"] in json.dumps(me), me)
    tokens = answer("tokens-list", invoke("TokensFunction", sample("tokens-list")), 200)
    check("there is no token yet", (tokens["data"], tokens["next_cursor"]) == ([], None), tokens)
    types = answer("object-types-list", invoke("ObjectTypesFunction", sample("object-types-list")), 200)
    check("there is no type yet", types["data"] == [], types)
    forms = answer("forms-list", invoke("FormsFunction", sample("forms-list")), 200)
    check("there is no form yet", forms["data"] == [], forms)
    webhooks = answer("webhooks-list", invoke("WebhooksFunction", sample("webhooks-list")), 200)
    check("there is no webhook yet", webhooks["data"] == [], webhooks)
    log = answer("audit-logs-list", invoke("AuditLogsFunction", sample("audit-logs-list")), 200)
    check("nothing has happened yet", log["data"] == [], log)


def messages():
    """The functions that are given messages, about what is not there any more."""
    for name, function in (
        ("jobs", "JobsFunction"),
        ("relay-messages", "RelayFunction"),
        ("deliveries", "DeliveriesFunction"),
    ):
        done = invoke(function, sample(name))
        check(f"{name}: what is not there any more is done", done == DONE, done)


def told():
    """A change in a stream becomes an entry of the audit log."""
    # Entries are kept for a time: so it is a change of now, in the table as it is called here.
    now = datetime.datetime.now(datetime.UTC)
    event = json.dumps(sample("relay-changes")).replace("engine-ObjectsTable-EXAMPLE", "ObjectsTable")
    event = json.loads(event.replace("2026-11-24T10:00:00.000Z", f"{now:%Y-%m-%dT%H:%M:%S}.000Z"))
    change = event["Records"][0]["dynamodb"]
    change["ApproximateCreationDateTime"] = int(now.timestamp())
    done = invoke("RelayFunction", event)
    check("relay-changes: the change is told", done == DONE, done)
    team, thing = change["Keys"]["pk"]["S"].split("#")[0], change["Keys"]["sk"]["S"]
    listed = in_team("audit-logs-list", team)
    log = answer("audit-logs-list, of that team", invoke("AuditLogsFunction", listed), 200)
    found = [(one["event"], one["subject"]["id"], one["actor"]["user_id"]) for one in log["data"]]
    wanted = [("created", thing, change["NewImage"]["actor"]["M"]["user"]["S"])]
    check("the audit log has it", found == wanted, log)
    values = {field["slug"]: field["new"] for field in log["data"][0]["fields"]}
    check("with its values", values == {"email": "ada@example.com", "amount": 12.3}, values)


def delivered():
    """A test of a webhook, carried from queue to queue as Lambda would, to a receiver."""
    path, owner = sample("webhooks-list")["path"], caller("webhooks-list")

    def ask(what, status, method, below, body=None):
        event = request("webhooks-list", method, f"{path}{below}", body, caller=owner)
        return answer(what, invoke("WebhooksFunction", event), status)

    with Receiver(HOST) as receiver:
        wanted = {"name": "Receiver", "url": receiver.url, "topics": ["object.created"]}
        webhook = ask("a webhook", 201, "POST", "", wanted)
        receiver.secret = webhook["secret"]
        delivery = ask("a test of it", 202, "POST", f"/{webhook['id']}/test")
        for name, function, queue in (
            ("relay-messages", "RelayFunction", "RetryQueue"),
            ("deliveries", "DeliveriesFunction", "RequestQueue"),
        ):
            done = invoke(function, carried(queue, name))
            check(f"{name}: the message of {queue} is done", done == DONE, done)
        receiver.next("the test", "webhook.test")
    found = ask("the delivery", 200, "GET", f"/{webhook['id']}/deliveries/{delivery['id']}")
    check("it is delivered", found["status"] == "delivered", found)


def carried(queue, name):
    """A sample with the message that lies in a queue."""
    sqs = boto3.client("sqs", endpoint_url=ENDPOINT)
    place = {"QueueUrl": queue_name(queue)}
    found = sqs.receive_message(**place, WaitTimeSeconds=20, AttributeNames=["All"]).get("Messages")
    check(f"there is a message in {queue}", found, found)
    event = sample(name)
    record, message = event["Records"][0], found[0]
    # Of a FIFO queue that is also the lane, and its place there.
    missing = set(record["attributes"]) - set(message["Attributes"])
    check("with all that the sample says of where it comes from", not missing, sorted(missing))
    record.update(body=message["Body"], attributes=message["Attributes"])
    sqs.delete_message(**place, ReceiptHandle=message["ReceiptHandle"])
    return event


def upsert():
    """The form platform's request: the sample event, twice."""
    listed = sample("object-types-list")
    made = request("object-types-list", "POST", listed["path"], CONTACTS, caller=caller("object-types-list"))
    answer("a type contacts", invoke("ObjectTypesFunction", made), 201)
    first = answer("objects-upsert", invoke("ObjectsFunction", sample("objects-upsert")), 201)
    again = answer("objects-upsert, again", invoke("ObjectsFunction", sample("objects-upsert")), 200)
    outcomes = [first["outcome"], again["outcome"]]
    check("created, then updated", outcomes == ["created", "updated"] and first["id"] == again["id"], [first, again])
    check("who may not read learns no data", "fields" not in first and "fields" not in again, [first, again])


def authorizer():
    """A token that is unknown, then one that was made here, in the three forms of asking."""
    asked = {form: sample(f"authorizer-{form}") for form in ("request", "token", "http2")}
    unauthorized("authorizer-request", invoke("AuthorizerFunction", asked["request"]))
    unauthorized("authorizer-token", invoke("AuthorizerFunction", asked["token"]))
    refused = invoke("AuthorizerFunction", asked["http2"])
    check("authorizer-http2: isAuthorized false", refused.get("isAuthorized") is False, refused)

    made = request("tokens-list", "POST", "/v1/teams", {"name": "Demo", "slug": "demo"}, caller=caller("teams-me"))
    team = answer("a team", invoke("TeamsFunction", made), 201)["id"]
    wanted = {"name": "Form platform", "permissions": ["object:create", "object:update"]}
    made = request("tokens-list", "POST", "/v1/tokens", wanted, caller=caller("tokens-list"))
    token = answer("a token", invoke("TokensFunction", made), 201)["token"]

    event = in_team("authorizer-request", team)
    event["headers"]["Authorization"] = f"Bearer {token}"
    context = policy("its owner's team", invoke("AuthorizerFunction", event), "Allow", event["methodArn"])
    check("the token's permissions", context["permissions"] == "object:create object:update", context)
    event["httpMethod"] = "GET"
    event["methodArn"] = event["methodArn"].replace("/PUT/", "/GET/")
    context = policy("to read objects", invoke("AuthorizerFunction", event), "Deny", event["methodArn"])
    check("it names what is missing", context["required_permissions_json"] == '["object:read"]', context)
    asked["token"]["authorizationToken"] = f"Bearer {token}"
    policy("TOKEN", invoke("AuthorizerFunction", asked["token"]), "Allow", asked["token"]["methodArn"])
    asked["http2"]["headers"]["authorization"] = f"Bearer {token}"
    allowed = invoke("AuthorizerFunction", asked["http2"])
    check("HTTP API 2.0: isAuthorized true", allowed.get("isAuthorized") is True, allowed)


def every_function_was_tried():
    """So that a function added to the template cannot be left out here."""
    functions = [name for name, resource in template()["Resources"].items() if resource["Type"].endswith("::Function")]
    source = (ROOT / "tests/aws/sam_local.py").read_text()
    check("every function of the template was tried", all(f'"{name}"' in source for name in functions), functions)
    events = [path.stem for path in (ROOT / "events").glob("*.json")]
    check("every event was tried", all(name in source or name.startswith("authorizer-") for name in events), events)


if __name__ == "__main__":
    VARIABLES.write_text(json.dumps(variables()))
    public()
    families()
    messages()
    told()
    delivered()
    upsert()
    authorizer()
    every_function_was_tried()
