"""Signs a person in at the stack's own user pool, as the console does: authorization code with PKCE (RFC 7636)."""

import base64
import contextlib
import hashlib
import json
import re
import secrets
import urllib.parse

import boto3

from checks import check
from gateway import send

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def session(endpoint, given, email):
    """The ID token of a person who is made at first sight. `given` are the stack's outputs."""
    password = secrets.token_urlsafe(18)
    pool = {"UserPoolId": given["UserPoolId"], "Username": email}
    cognito = boto3.client("cognito-idp", endpoint_url=endpoint)
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    with contextlib.suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(**pool, UserAttributes=attributes, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(**pool, Password=password, Permanent=True)

    address = urllib.parse.urlparse(endpoint)
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    client = {"client_id": given["UserPoolClientId"], "redirect_uri": given["ConsoleUrl"]}
    asked = client | {"response_type": "code", "scope": "openid email profile", "state": "s"}
    asked |= {"code_challenge": challenge, "code_challenge_method": "S256"}

    page = send(address, "GET", f"/oauth2/authorize?{urllib.parse.urlencode(asked)}", None, {})
    check("the sign-in page takes the console's address and PKCE", page[0] == 200, page)
    filled = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page[2]))
    filled = {name: value.replace("&amp;", "&") for name, value in filled.items()}
    filled |= {"username": email, "password": password}
    signed = send(address, "POST", "/login", urllib.parse.urlencode(filled), FORM)
    query = urllib.parse.parse_qs(urllib.parse.urlparse(signed[1].get("location", "")).query)
    check("signing in leads back to the console with a code", "code" in query, signed)
    exchange = client | {"grant_type": "authorization_code", "code": query["code"][0], "code_verifier": verifier}
    tokens = send(address, "POST", "/oauth2/token", urllib.parse.urlencode(exchange), FORM)
    check("the code gives a session", tokens[0] == 200 and "id_token" in tokens[2], tokens)
    return json.loads(tokens[2])["id_token"]
