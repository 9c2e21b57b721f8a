"""Invokes every function with its sample event by `sam local invoke` and checks the answers.

usage: sam_local.py <built template> <image> <endpoint of the stand-in>
"""

import json
import subprocess
import sys

from checks import ROOT, answer, caller, check, policy, problem, request, sample, template, unauthorized

BUILT, IMAGE, ENDPOINT = sys.argv[1:]
CONTACTS = json.loads((ROOT / "tests/aws/contacts.json").read_text())


def invoke(function, event):
    """The function's answer to the event, as `sam local invoke` prints it."""
    command = ["sam", "local", "invoke", function, "--template", BUILT, "--event", "-", "--invoke-image", IMAGE]
    command += ["--skip-pull-image", "--parameter-overrides", f"Architecture=x86_64 EndpointUrl={ENDPOINT}"]
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
    done = invoke("JobsFunction", sample("jobs"))
    check("jobs: a job that is not there any more is done", done == {"batchItemFailures": []}, done)


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

    event = json.loads(json.dumps(asked["request"]).replace(asked_team(asked["request"]), team))
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


def asked_team(event):
    """The team in the path of a sample."""
    return event["pathParameters"]["team"]


def every_function_was_tried():
    """So that a function added to the template cannot be left out here."""
    functions = [name for name, resource in template()["Resources"].items() if resource["Type"].endswith("::Function")]
    source = (ROOT / "tests/aws/sam_local.py").read_text()
    check("every function of the template was tried", all(f'"{name}"' in source for name in functions), functions)
    events = [path.stem for path in (ROOT / "events").glob("*.json")]
    check("every event was tried", all(name in source or name.startswith("authorizer-") for name in events), events)


if __name__ == "__main__":
    public()
    families()
    upsert()
    authorizer()
    every_function_was_tried()
