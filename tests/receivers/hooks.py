"""A team with contacts, and webhooks whose receivers are the programs here."""

import base64
import json

from checks import Client, wait

TOPICS = ["object.created", "object.updated", "object.deleted", "object.send"]


class Team:
    """A team with a type `contacts`, and its owner."""

    def __init__(self, url, slug, fields):
        self.url = url
        session = Client(url).do("POST", "/local/session", {"email": f"{slug}@example.com"})
        self.owner = Client(url, session["session"])
        self.id = self.owner.do("POST", "/v1/teams", {"name": slug, "slug": slug})["id"]
        self.path = f"/v1/teams/{self.id}"
        contacts = {"slug": "contacts", "singular_label": "Contact", "plural_label": "Contacts"}
        contacts |= {"item_label_fields": ["name"], "fields": fields}
        self.owner.do("POST", f"{self.path}/object-types", contacts)

    def token(self, *permissions):
        """A token of the owner's with these permissions and no others."""
        new = {"name": " ".join(permissions), "permissions": permissions}
        return self.owner.do("POST", "/v1/tokens", new)["token"]


class Receiver:
    """A program that receives."""

    def __init__(self, name, url):
        self.name, self.url = name, f"{url}/hooks"
        self.client = Client(url)
        self.ways = set(self.client.do("GET", "/ways"))
        self.seen = []

    def keep(self, *keys):
        """The keys that it keeps from now on; it goes from one to the next when it has refused a request."""
        self.client.do("PUT", "/keys", keys)

    def requests(self):
        """What has come, in its order."""
        for request in self.client.do("GET", f"/requests/{len(self.seen)}"):
            self.seen.append(request | {"body": base64.b64decode(request["body"])})
        return self.seen

    def faults(self, request, keys, now=None):
        """By way, why it would refuse the request."""
        body = base64.b64encode(request["body"]).decode()
        return self.client.do("POST", "/try", request | {"body": body, "keys": keys, "now": now})


class Hook:
    """A webhook, its receiver, and the topics of what it was to be told of."""

    def __init__(self, team, receiver):
        self.receiver, self.name, self.owner = receiver, receiver.name, team.owner
        new = {"name": self.name, "url": receiver.url, "topics": TOPICS, "object_types": ["contacts"]}
        made = self.owner.do("POST", f"{team.path}/webhooks", new)
        self.path = f"{team.path}/webhooks/{made['id']}"
        self.keys, self.past, self.told = keys_of(made), [], []
        receiver.keep(self.keys)

    def rotate(self, rotation=None):
        """Gives it new keys, of which the receiver knows nothing yet."""
        answer = self.owner.do("POST", f"{self.path}/rotate-secret", rotation)
        self.past.insert(0, self.keys)
        self.keys = keys_of(answer)
        return answer

    def test(self):
        """Has a test sent."""
        self.owner.do("POST", f"{self.path}/test")
        self.told.append("webhook.test")

    def arrived(self):
        """The requests that were taken, once there are as many as events."""

        def taken():
            return [request for request in self.receiver.requests() if not request["refused"]]

        what = f"{self.name}: {len(self.told)} events arrive"
        return wait(what, taken, lambda requests: len(requests) >= len(self.told))

    def deliveries(self, query=""):
        """The latest first. There are no more here than a page has."""
        return self.owner.do("GET", f"{self.path}/deliveries?limit=100{query}")["data"]

    def delivery(self, known):
        """One of those, with its request and attempts."""
        return self.owner.do("GET", f"{self.path}/deliveries/{known['id']}")


class Contacts:
    """Objects, of whose changes these webhooks are told."""

    def __init__(self, team, hooks):
        self.owner, self.path, self.hooks = team.owner, f"{team.path}/objects/contacts", hooks

    def do(self, topic, method, path="", body=None):
        """A change, and the topic of what is told of it."""
        answer = self.owner.do(method, self.path + path, body)
        for hook in self.hooks:
            hook.told.append(topic)
        return answer

    def make(self, fields):
        """A contact; where its changes go. The fields may be a text of JSON."""
        text = fields if isinstance(fields, str) else json.dumps(fields)
        return "/" + self.do("object.created", "POST", "", f'{{"fields": {text}}}')["id"]

    def change(self, contact, fields):
        """Changes some of its fields."""
        self.do("object.updated", "PATCH", contact, {"fields": fields})


def sent(request):
    """What a request says."""
    return json.loads(request["body"])


def is_about(request, contact):
    """Whether it tells of this contact; a test tells of none."""
    return sent(request)["data"].get("object", {}).get("id") == contact.removeprefix("/")


def kinds(request):
    """The kinds of its signatures, in their order."""
    return [one.split(",")[0] for one in request["headers"]["webhook-signature"].split(" ")]


def field(slug, kind, **settings):
    """A field of a type."""
    return {"slug": slug, "label": slug.capitalize(), "type": kind, "settings": settings}


def keys_of(answer):
    """What a receiver keeps of the answer that has it this once."""
    return {"secret": answer["secret"], "public_key": answer["public_key"]}
