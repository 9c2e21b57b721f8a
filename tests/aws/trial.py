"""What the trials of changes in the deployed stack share."""

import json
import time

import boto3

from checks import JSON, check
from receiver import SECONDS

CONTACTS = "/objects/contacts"


class Trial:
    """A team whose contact is changed, and what can be seen of that."""

    def __init__(self, endpoint, gateway, team, session, token):
        self.endpoint, self.gateway, self.team, self.session, self.token = endpoint, gateway, team, session, token
        self.sqs, self.dynamodb = self.client("sqs"), self.client("dynamodb")
        self.made = gateway.functions
        self.name = None

    def client(self, service):
        """A client of the stand-in."""
        return boto3.client(service, endpoint_url=self.endpoint)

    def arn(self, queue):
        """The ARN of a queue."""
        asked = self.sqs.get_queue_attributes(QueueUrl=self.made[queue], AttributeNames=["QueueArn"])
        return asked["Attributes"]["QueueArn"]

    def expect(self, what, status, method, path, *rest, **more):
        """One request below the team, checked. Gives the body."""
        more = {"credential": self.session, **more}
        return self.gateway.expect(what, status, JSON, method, f"/v1/teams/{self.team}{path}", *rest, **more)[1]

    def list(self, path):
        """A list, read without a word, as it is read until something is there."""
        status, _, text = self.gateway.call("GET", f"/v1/teams/{self.team}{path}", credential=self.session)
        if status != 200:
            check(f"GET {path} → 200", False, [status, text])
        return json.loads(text)["data"]

    def rename(self, name):
        """The form platform gives the contact another name."""
        contact = {"fields": {"name": name, "email": "ada@example.com"}}
        path = f"{CONTACTS}?match=email"
        was, self.name = self.name, name
        return was, self.expect(f"now {name}", 200, "PUT", path, contact, credential=self.token["token"])

    def webhook(self, name, receiver):
        """A webhook that is told of contacts, at a receiver that knows its secret."""
        wanted = {"name": name, "url": receiver.url, "topics": ["object.updated"], "object_types": ["contacts"]}
        webhook = self.expect(f"a webhook {name}", 201, "POST", "/webhooks", wanted)
        receiver.secret = webhook["secret"]
        return webhook

    def delivered(self, webhook, headers, statuses):
        """Checks that the event has arrived, after attempts that were answered so."""
        place = f"/webhooks/{webhook['id']}/deliveries"

        def arrived():
            found = [one for one in self.list(place) if one["event_id"] == headers["webhook-id"]]
            return found and found[0]["status"] == "delivered" and found[0]

        delivery = until("the delivery is delivered", arrived)
        whole = self.expect("the delivery, whole", 200, "GET", f"{place}/{delivery['id']}")
        found = [one["status"] for one in whole["attempts"]]
        check(f"its attempts were answered {statuses}", found == statuses, whole)

    def parked(self, what):
        """The change that lies in ParkedQueue, as it was in the stream."""
        peek = {"QueueUrl": self.made["ParkedQueue"], "VisibilityTimeout": 0}
        found = until(f"{what}: it is parked", lambda: self.sqs.receive_message(**peek).get("Messages"))
        return found[0], json.loads(found[0]["Body"])


def until(what, look, seconds=SECONDS):
    """What is found at last: things follow a moment after their cause."""
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.2)
    check(what, found, found)
    return found
