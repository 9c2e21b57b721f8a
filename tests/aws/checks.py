"""What the trials here share: the template, the sample events, and checks that say what they found."""

import base64
import copy
import json
import pathlib
import sys
import uuid

from samcli.yamlhelper import yaml_parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
JSON = "application/json"
PROBLEM = "application/problem+json"


def template():
    """template.yaml, with its functions (`!Ref` and the like) as plain maps."""
    return yaml_parse((ROOT / "template.yaml").read_text())


def sample(name):
    """A sample event as it lies in events/."""
    return json.loads((ROOT / "events" / f"{name}.json").read_text())


def in_team(name, team):
    """The same, about another team."""
    event = sample(name)
    return json.loads(json.dumps(event).replace(event["pathParameters"]["team"], team))


def request(name, method, path, body=None, query=None, params=None, caller=None):
    """The event of another request, made from a sample: what API Gateway would send in its place."""
    event = copy.deepcopy(sample(name))
    resource = path if params is None else event["resource"]
    event.update(resource=resource, path=path, httpMethod=method, pathParameters=params, queryStringParameters=query)
    event["multiValueQueryStringParameters"] = query and {key: [value] for key, value in query.items()}
    event["isBase64Encoded"] = body is not None
    event["body"] = body and base64.b64encode(json.dumps(body).encode()).decode()
    if body is not None:
        event["headers"]["Content-Type"] = JSON
        event["multiValueHeaders"]["Content-Type"] = [JSON]
    context = event["requestContext"]
    context.update(resourcePath=resource, httpMethod=method, path=f"/live{path}", requestId=str(uuid.uuid4()))
    if caller is not None:
        context["authorizer"] = {**caller, "request_id": context["requestId"], "integrationLatency": 12}
    return event


def caller(name, **changes):
    """The caller in a sample's authorizer context, with changes."""
    context = dict(sample(name)["requestContext"]["authorizer"])
    del context["request_id"], context["integrationLatency"]
    return {**context, **changes}


def check(what, holds, found):
    """Says that something holds, or what was found instead, and then ends the trial."""
    if not holds:
        print(f"NOT   {what}\nfound {json.dumps(found, indent=2, default=str)}", flush=True)
        sys.exit(1)
    print(f"ok    {what}", flush=True)


def answer(what, got, status, media=JSON):
    """Checks a proxy integration's answer: its status, its form, its id. Gives its body."""
    headers = {name.lower(): value for name, value in (got.get("headers") or {}).items()}
    headers |= {name.lower(): values[-1] for name, values in (got.get("multiValueHeaders") or {}).items()}
    text = got.get("body") or ""
    if got.get("isBase64Encoded"):
        text = base64.b64decode(text).decode()
    is_right = got.get("statusCode") == status and headers.get("content-type", "").startswith(media)
    check(f"{what}: {status} {media}, with a request id", is_right and headers.get("x-request-id"), got)
    return json.loads(text) if "json" in media else text


def problem(what, got, status, code):
    """Checks a refusal in the form of RFC 9457. Gives its body."""
    body = answer(what, got, status, PROBLEM)
    members = {"type", "title", "status", "code", "detail", "request_id", "errors"}
    check(f"{what}: code {code}", members <= body.keys() and (body["status"], body["code"]) == (status, code), body)
    return body


def policy(what, got, effect, method_arn):
    """Checks an authorizer's policy. Gives its context."""
    statement = got.get("policyDocument", {}).get("Statement", [{}])[0]
    wanted = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": method_arn}
    context = got.get("context", {})
    is_flat = all(isinstance(value, str) for value in context.values()) and "request_id" in context
    check(f"{what}: {effect}, for this request alone, with a flat context", statement == wanted and is_flat, got)
    return context


def unauthorized(what, got):
    """Checks that an authorizer failed in the one way that API Gateway turns into 401."""
    check(f"{what}: fails with Unauthorized", got.get("errorMessage") == "Unauthorized", got)
