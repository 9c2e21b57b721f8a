"""The client that openapi-python-client makes, at work.

usage: client.py <url> <session>
"""

import importlib
import inspect
import json
import sys

from checks import ROOT, check
from engine_api_client import AuthenticatedClient
from engine_api_client.api.forms import forms_create
from engine_api_client.api.object_types import object_types_create
from engine_api_client.api.objects import objects_batch, objects_create, objects_list, objects_query, objects_upsert
from engine_api_client.api.teams import teams_create
from engine_api_client.api.tokens import tokens_create
from engine_api_client.api.uploads import uploads_create
from engine_api_client.api.views import views_create
from engine_api_client.api.webhooks import webhooks_create
from engine_api_client.models import (
    BatchBody,
    Field,
    Fields,
    FilterAll,
    FilterCondition,
    FilterOp,
    NewForm,
    NewObjectType,
    NewTeam,
    NewToken,
    NewUpload,
    NewView,
    NewWebhook,
    ObjectsListFilter,
    Outcome,
    QueryBody,
    SentValues,
)

DOCUMENT = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text())
SCHEMAS = DOCUMENT["components"]["schemas"]
CLIENT = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2], raise_on_unexpected_status=True)
EMAIL = "ada@example.com"


def example(name):
    """The example of a schema."""
    return SCHEMAS[name]["examples"][0]


def fields(**values):
    """The body of a write."""
    return Fields(fields=SentValues.from_dict(values))


def say(what, holds, found):
    """A check of this client."""
    check(f"Python: {what}", holds, found)


def written(place):
    """Objects are created, upserted and written in a batch."""
    created = objects_create.sync(*place, client=CLIENT, body=fields(email=EMAIL, name="Ada", amount=12.5))
    say("an object is created", created.fields["amount"] == 12.5, created)
    upserted = objects_upsert.sync(*place, client=CLIENT, match="email", body=fields(email=EMAIL, name="Ada L."))
    is_same = (upserted.id, upserted.outcome) == (created.id, Outcome.UPDATED)
    say("an upsert finds it", is_same and upserted.fields["name"] == "Ada L.", upserted)
    batch = objects_batch.sync(*place, client=CLIENT, body=BatchBody.from_dict(example("BatchBody")))
    say("a batch is done", batch.failed == 0 and len(batch.results) == 2, batch)
    return created.id


def found(place, wanted):
    """Objects are found by a parameter and by a body, and a refusal has its form."""
    condition = ObjectsListFilter.from_dict({"filter[email][eq]": EMAIL})
    listed = objects_list.sync(*place, client=CLIENT, filter_=condition, limit=10)
    say("a list is filtered", [one.id for one in listed.data] == [wanted], listed)
    condition = FilterCondition(field="email", op=FilterOp.STARTS_WITH, value="ada@")
    body = QueryBody(filter_=FilterAll(all_=[condition]), sort="-amount")
    asked = objects_query.sync(*place, client=CLIENT, body=body)
    say("a query is answered", [one.id for one in asked.data] == [wanted], asked)
    body = QueryBody(filter_=FilterCondition(field="nothing", op=FilterOp.EQ, value="x"))
    refused = objects_query.sync(*place, client=CLIENT, body=body)
    say("a refusal names its place", refused.errors[0].pointer == "/filter/field", refused)


def listed(parameters):
    """Every route with a list is read."""
    for path, methods in DOCUMENT["paths"].items():
        operation = methods.get("get", {})
        content = operation.get("responses", {}).get("200", {}).get("content", {}).get("application/json", {})
        if not content.get("schema", {}).get("$ref", "").startswith("#/components/schemas/ListOf"):
            continue
        tag = operation["tags"][0].lower().replace(" ", "_")
        name = operation["operationId"].replace(".", "_").replace("-", "_")
        module = importlib.import_module(f"engine_api_client.api.{tag}.{name}")
        names = inspect.signature(module.sync).parameters
        answer = module.sync(client=CLIENT, **{name: parameters[name] for name in names if name in parameters})
        say(f"{operation['operationId']} is read", isinstance(getattr(answer, "data", None), list), answer)
        print(f"list  {path}", flush=True)


def main():
    """A team with customers."""
    team = teams_create.sync(client=CLIENT, body=NewTeam(name="Python", slug="python")).id
    new = NewObjectType.from_dict(example("NewObjectType"))
    friend = {"slug": "friend", "label": "Friend", "type": "relationship", "searchable": True}
    new.fields.append(Field.from_dict(friend | {"settings": {"object_type": new.slug}}))
    made = object_types_create.sync(team, client=CLIENT, body=new)
    say("an object type is created", made.slug == "customers", made)
    token = tokens_create.sync(client=CLIENT, body=NewToken.from_dict(example("NewToken")))
    say("a token is created", token.token.startswith("ea_pat_"), token)
    webhook = webhooks_create.sync(team, client=CLIENT, body=NewWebhook.from_dict(example("NewWebhook")))
    say("a webhook is created", webhook.secret.startswith("whsec_"), webhook)
    form = forms_create.sync(team, client=CLIENT, body=NewForm.from_dict(example("NewForm")))
    say("a form is made", form.state == "not_yet", form)
    upload = uploads_create.sync(team, client=CLIENT, body=NewUpload.from_dict(example("NewUpload")))
    say("an upload is begun", upload.put.method == "PUT", upload)
    board = NewView.from_dict(example("NewView") | {"object_type": made.slug})
    view = views_create.sync(team, client=CLIENT, body=board)
    say("a view is created", view.kind == "board", view)
    place = (team, made.slug)
    customer = written(place)
    found(place, customer)
    ids = {
        "team": team,
        "type_": made.slug,
        "id": customer,
        "field": "friend",
        "token": token.id,
        "form": form.id,
        "upload": upload.id,
        "view": view.id,
        "webhook": webhook.id,
    }
    listed(ids)


if __name__ == "__main__":
    main()
