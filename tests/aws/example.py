"""Serves examples/orders by `sam local start-api`, then deploys it into a stand-in, and checks who gets through.

usage: example.py <folder of the built templates> <image> <image with Python> <endpoint of the stand-in>
"""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import boto3
from samcli.yamlhelper import yaml_dump, yaml_parse

from checks import JSON, PROBLEM, ROOT, answer, caller, check, policy, request, sample
from gateway import STAGE, Gateway

BUILT, IMAGE, PYTHON_IMAGE, ENDPOINT = sys.argv[1:]
OPTIONS = ["--skip-pull-image", "--invoke-image", IMAGE]
MAIN = ["--parameter-overrides", f"Architecture=x86_64 EndpointUrl={ENDPOINT}"]
TEMPLATE = yaml_parse((ROOT / "examples/orders/template.yaml").read_text())
SECRETS = boto3.client("secretsmanager", endpoint_url=ENDPOINT)
# Tables and key ring have their logical ids for names in the stand-in. Nobody signs in here.
ORDERS = {
    **{"Architecture": "x86_64", "EndpointUrl": ENDPOINT},
    **{"IdentityTableName": "IdentityTable", "ActivityTableName": "ActivityTable"},
    **{"KeyRingArn": SECRETS.describe_secret(SecretId="KeyRing")["ARN"]},
    **{"Issuer": "https://issuer.invalid", "Audience": "console"},
}
ELSEWHERE = "arn:aws:lambda:us-east-1:123456789012:function:engine-authorizer"


def orders(**changes):
    """The parameters of the example."""
    given = {**ORDERS, **changes}
    return ["--parameter-overrides", " ".join(f"{name}={value}" for name, value in given.items())]


def invoke(template, function, event, parameters):
    """A function's answer to an event by `sam local invoke`."""
    command = ["sam", "local", "invoke", function, "--template", f"{BUILT}/{template}/template.yaml", "--event", "-"]
    done = subprocess.run(
        [*command, *OPTIONS, *parameters], input=json.dumps(event), capture_output=True, text=True, timeout=120
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    check(f"{function} answers", lines, {"exit": done.returncode, "log": done.stderr[-2000:]})
    return json.loads(lines[-1])


def make(function, template, path, body):
    """What a function of the engine makes for the person of the sample events."""
    event = request("tokens-list", "POST", path, body, caller=caller("tokens-list"))
    return answer(f"POST {path}", invoke(template, function, event, MAIN), 201)


@contextlib.contextmanager
def served(name, parameters):
    """The example at a free port, until the end of the block. Gives the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["sam", "local", "start-api", "--template", f"{BUILT}/orders/template.yaml", "--port", str(port)]
    command += [*OPTIONS, "--invoke-image", f"OrdersFunction={PYTHON_IMAGE}", "--warm-containers", "LAZY", "--no-watch"]
    with pathlib.Path(BUILT, f"{name}.log").open("w") as log:
        # A group of its own, so that it ends with all that it starts, and nothing else does.
        process = subprocess.Popen([*command, *parameters], stdout=log, stderr=log, start_new_session=True)
    try:
        wait(process, port, log.name)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGINT)
        # It stops its containers first, which takes a while on a busy machine.
        process.wait(timeout=180)


def wait(process, port, log):
    """Waits until somebody listens there."""
    for _ in range(240):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.25)
    check("sam local start-api listens", False, pathlib.Path(log).read_text()[-2000:])


def ask(port):
    """How to ask what listens there."""

    def one(method, path, credential=None):
        """One request: status, headers in lower case, body."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.request(method, path, headers={"Authorization": f"Bearer {credential}"} if credential else {})
        response = connection.getresponse()
        body = json.loads(response.read())
        connection.close()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, body

    return one


class Deployed(Gateway):
    """The example's API in the stand-in."""

    def __init__(self, stack, **changes):
        template = yaml_parse(pathlib.Path(BUILT, "orders/template.yaml").read_text())
        # In Auth the stand-in takes parameters at their defaults, which AWS does not.
        for name, value in changes.items():
            template["Parameters"][name]["Default"] = value
        path = pathlib.Path(BUILT, f"orders/{stack}.yaml")
        path.write_text(yaml_dump(template))
        command = ["sam", "deploy", "--template-file", str(path), "--stack-name", stack]
        command += ["--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-progressbar", *orders(**changes)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        check(f"sam deploy: {stack}", done.returncode == 0, (done.stdout + done.stderr)[-2000:])
        super().__init__(ENDPOINT, stack)

    def complete(self):
        """Adds the gateway responses, which its import leaves out, and the stage with them."""
        missing = self._add_responses(TEMPLATE["Resources"]["Api"]["Properties"])
        self.client.create_deployment(restApiId=self.id, stageName=STAGE)
        return [missing] if missing else []

    def ask(self, method, path, credential=None):
        """As `ask` asks."""
        status, headers, text = self.call(method, path, credential=credential)
        # The stand-in does not fill in what the authorizer says, and leaves no JSON then.
        return status, headers, None if "$context" in text else json.loads(text)


def passes(one, token, user, team):
    """A token that may: the function greets its owner."""
    for method, path, status in (("GET", "/orders", 200), ("POST", "/orders", 201)):
        found, headers, body = one(method, path, token["token"])
        is_right = (found, headers["content-type"]) == (status, JSON) and body["greeting"] == f"Hello, {user}"
        check(f"{method} {path}: {status}, and the greeting names the user", is_right, [found, headers, body])
        known = (body["credential"], body["token_id"], body["permissions"], "team_id" in body)
        wanted = ("token", token["id"], "object:create object:read", False)
        check("the context says who, and what they may", known == wanted, body)
    found, _, body = one("GET", f"/teams/{team}/orders", token["token"])
    is_right = found == 200 and (body["team_id"], body["role"]) == (team, "owner")
    check("a path with a team: 200, with team and role", is_right, [found, body])


def refused(one, token, writer, others):
    """Those whom the gate knows and refuses."""
    for what, method, path, credential in (
        ("a token without the permission", "GET", "/orders", writer["token"]),
        ("a team that is not the token's", "GET", f"/teams/{others}/orders", token["token"]),
    ):
        found = one(method, path, credential)
        check(f"{what}: 403, not from the function", found[0] == 403 and "code" not in (found[2] or {}), found)


def told(invoke_gate, token, writer, seldom, others):
    """What the authorizer says with a refusal; the gateway response passes it on."""

    def asked(path, credential):
        event = {**sample("authorizer-request"), "path": path, "httpMethod": "GET"}
        event["methodArn"] = f"{event['methodArn'].split('/')[0]}/live/GET{path}"
        event |= {"headers": {"Authorization": f"Bearer {credential}"}, "multiValueHeaders": None}
        return policy(path, invoke_gate(event), "Deny", event["methodArn"])

    for path, credential, error, needed in (
        ("/orders", writer["token"], "insufficient_scope", "object:read"),
        ("/reports", token["token"], "no_access", ""),
        (f"/teams/{others}/orders", token["token"], "no_access", ""),
        ("/orders", seldom["token"], "rate_limited", ""),
    ):
        found = asked(path, credential)
        is_right = (found["error"], found["required_permissions"]) == (error, needed) and "user_id" not in found
        check(f"it says {error} {needed}", is_right and found["detail"], found)
    check("and of what limit", found["rate_limit"].startswith("token;1;86400;0;"), found)


def unknown(one, secret, statuses):
    """Credentials that are none."""
    mistyped = secret[:-1] + ("0" if secret[-1] != "0" else "1")
    never = sample("authorizer-token")["authorizationToken"].split()[1]
    for what, credential in (("a mistyped token", mistyped), ("an unknown token", never), ("nonsense", "nonsense")):
        found = one("GET", "/orders", credential)
        check(f"{what}: {found[0]}", found[0] in statuses and "data" not in found[2], found)
    found = one("GET", "/orders")
    check("no credential: 401", found[0] == 401 and "data" not in found[2], found)


def local(token, writer, user, team, others):
    """By `sam local start-api`, which has its own words for refusals."""
    with served("start-api", orders()) as port:
        one = ask(port)
        passes(one, token, user, team)
        refused(one, token, writer, others)
        found = one("GET", "/reports", token["token"])
        check("a path that ROUTES does not list: 403, not from the function", found[0] == 403, found)
        # It makes 502 of the failure that API Gateway turns into 401: see deployed().
        unknown(one, token["token"], (401, 502))
    # It asks only functions of the same template, and without one lets everybody through: the function must not.
    with served("no-authorizer", orders(AuthorizerArn=ELSEWHERE)) as port:
        found, headers, body = ask(port)("GET", "/orders", token["token"])
        is_right = (found, headers["content-type"], body["code"]) == (401, PROBLEM, "invalid_token")
        check("no authorizer in front: the function refuses by itself", is_right, [found, headers, body])


def deployed(token, writer, seldom, user, team, others):
    """As a stack with an authorizer of its own, and as one that is given the ARN of that."""
    first = Deployed("orders")
    functions = boto3.client("lambda", endpoint_url=ENDPOINT)
    gate = functions.get_function(FunctionName=first.functions["AuthorizerFunction"])["Configuration"]["FunctionArn"]
    second = Deployed("orders-by-arn", AuthorizerArn=gate)
    made = second.functions
    check("the second stack has no authorizer of its own", "AuthorizerFunction" not in made, made)
    for stack in (first, second):
        for gap in stack.complete():
            print(f"ministack: {gap}", flush=True)
        passes(stack.ask, token, user, team)
        refused(stack.ask, token, writer, others)
        unknown(stack.ask, token["token"], (401,))
        _, headers, body = stack.ask("GET", "/orders", "nonsense")
        said = (headers["content-type"], headers["www-authenticate"], body["code"])
        wanted = (PROBLEM, 'Bearer realm="api", error="invalid_token"', "invalid_token")
        check("401 is a problem with WWW-Authenticate", said == wanted, [headers, body])
    check("a token with a limit: once", first.ask("GET", "/orders", seldom["token"])[0] == 200, seldom["id"])
    check("and not twice: 403", first.ask("GET", "/orders", seldom["token"])[0] == 403, seldom["id"])

    def invoke_gate(event):
        given = functions.invoke(FunctionName=gate, Payload=json.dumps(event))
        return json.loads(given["Payload"].read())

    told(invoke_gate, token, writer, seldom, others)


def trial():
    """The whole of it."""
    user = caller("tokens-list")["user_id"]
    team = make("TeamsFunction", "teams", "/v1/teams", {"name": "Demo", "slug": "demo"})["id"]
    both = {"name": "Reads and writes", "permissions": ["object:read", "object:create"]}
    token = make("TokensFunction", "tokens", "/v1/tokens", both)
    writer = make("TokensFunction", "tokens", "/v1/tokens", {"name": "Writes", "permissions": ["object:create"]})
    limit = {"limit": 1, "window_seconds": 86_400}
    once = {"name": "Once a day", "permissions": ["object:read"], "rate_limit": limit}
    seldom = make("TokensFunction", "tokens", "/v1/tokens", once)
    known = (user, team, sample("objects-upsert")["pathParameters"]["team"])
    local(token, writer, *known)
    deployed(token, writer, seldom, *known)


if __name__ == "__main__":
    trial()
