"""Orders, behind the engine's authorizer: it greets who is asking, and keeps nothing."""

import json

ORDERS = [{"id": "1001", "item": "tea"}, {"id": "1002", "item": "bread"}]
# The same permissions as in ROUTES: a mistake there must not open what is here.
ROUTES = {
    ("GET", "/orders"): ("object:read", 200, ORDERS),
    ("POST", "/orders"): ("object:create", 201, {"id": "1003"}),
    ("GET", "/teams/{team}/orders"): ("object:read", 200, ORDERS),
}


def handler(event, _context):
    """Answers one event of a REST API."""
    caller = event["requestContext"].get("authorizer") or {}
    # Without an identity nothing has been checked, whatever the reason: no authorizer, or one that let it pass.
    if not caller.get("user_id"):
        return problem(event, 401, "Unauthorized", "invalid_token", "No valid credential was sent.")
    permission, status, data = ROUTES.get((event["httpMethod"], event["resource"]), (None, 404, None))
    if permission is None:
        return problem(event, 404, "Not Found", "not_found", "There is no such path.")
    if permission not in caller.get("permissions", "").split():
        return problem(event, 403, "Forbidden", "insufficient_scope", f"This needs {permission}.")
    names = ("user_id", "credential", "token_id", "team_id", "role", "permissions")
    asking = {name: caller[name] for name in names if name in caller}
    return answer(status, "application/json", {"greeting": f"Hello, {caller['user_id']}", **asking, "data": data})


def problem(event, status, title, code, detail):
    """A refusal (RFC 9457)."""
    request_id = event["requestContext"].get("requestId")
    body = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
    challenge = {"WWW-Authenticate": 'Bearer realm="api", error="invalid_token"'} if status == 401 else {}
    return answer(status, "application/problem+json", {**body, "request_id": request_id, "errors": []}, challenge)


def answer(status, media, body, headers=None):
    """What API Gateway sends."""
    return {"statusCode": status, "headers": {"Content-Type": media, **(headers or {})}, "body": json.dumps(body)}
