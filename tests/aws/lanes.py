"""Requests about one object go in a lane, which is a group of a FIFO queue: order, putting off, and what is dead."""

import contextlib
import json
import time
import uuid

from botocore.exceptions import ClientError

from checks import check
from parking import UNMOVED, without
from trial import until

ALONE = (
    "of a FIFO queue one message at a time is worked on, whatever its group: that lanes do not wait for each other "
    "was not tried"
)
NAMES = ("Ada One", "Ada Two", "Ada Three", "Ada Four", "Ada Five", "Ada Six", "Ada Seven")


def verify(trial, webhook, receiver, other):
    """Tries it all, with two webhooks. Gives the gaps."""
    in_order(trial, receiver, other)
    gaps = side_by_side(trial, receiver, other)
    put_off(trial, receiver, other)
    return gaps + dead(trial, webhook, receiver, other)


def in_order(trial, receiver, other):
    """What has changed while a receiver takes its time comes in the order of the versions."""
    with receiver.held():
        for name in NAMES[:3]:
            trial.rename(name)
    for one in (receiver, other):
        same_order(one, NAMES[:3], "answered late")


def same_order(receiver, names, what):
    """The next requests are about these names, one after the other."""
    found = [receiver.next(f"a change, {what}", "object.updated")[1]["data"] for _ in names]
    told = [(one["object"]["fields"]["name"], one["version"]) for one in found]
    first = told[0][1]
    check("in the order of the versions", told == [(name, first + at) for at, name in enumerate(names)], told)


def side_by_side(trial, receiver, other):
    """A webhook whose receiver hangs keeps no other waiting. Gives the gaps."""
    with receiver.held():
        for name in NAMES[:2]:
            trial.rename(name)
        is_apart = other.comes(2.5, count=2)
    for one in (receiver, other):
        same_order(one, NAMES[:2], "one of two webhooks hanging")
    return [] if is_apart else [ALONE]


def put_off(trial, receiver, other):
    """What is beyond the rate stays in its lane, by the function's own right, and comes when it is its turn."""
    with slower(trial, 1):
        begun = time.time()
        for name in NAMES:
            trial.rename(name)
        for one in (receiver, other):
            same_order(one, NAMES, "once a second")
    # Two seconds of places are saved up; put off by the queue alone, each would come after three minutes.
    waited = time.time() - begun
    check(f"one a second: the last came after {waited:.0f} seconds", len(NAMES) - 4 < waited < 60, waited)


@contextlib.contextmanager
def slower(trial, rate):
    """While it lasts, a team may ask a host so often in a second."""
    functions, name = trial.client("lambda"), trial.made["RelayFunction"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    slow = {**variables, "WEBHOOK_REQUESTS_PER_SECOND": str(rate)}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": slow})
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def dead(trial, webhook, receiver, other):
    """What the function cannot deal with is laid aside, and moved back when that is mended. Gives the gaps."""
    functions, queue = trial.client("lambda"), {"QueueUrl": trial.made["RequestQueue"]}
    kept = trial.sqs.get_queue_attributes(**queue, AttributeNames=["VisibilityTimeout", "RedrivePolicy"])["Attributes"]
    policy = {**json.loads(kept["RedrivePolicy"]), "maxReceiveCount": 2}
    # As after a hundred times of three minutes.
    trial.sqs.set_queue_attributes(**queue, Attributes={"VisibilityTimeout": "1", "RedrivePolicy": json.dumps(policy)})
    peek = {"QueueUrl": trial.made["DeadRequestQueue"], "AttributeNames": ["All"]}
    with without(functions, trial.made["DeliveriesFunction"], "RETRY_QUEUE_URL"):
        trial.rename("Ada Undead")
        found = lambda: waiting(trial, peek) == 2
        until("two requests that the function could not even try are in DeadRequestQueue", found)
    trial.sqs.set_queue_attributes(**queue, Attributes=kept)
    gaps = back(trial, peek)
    for one in (receiver, other):
        headers, _ = one.next("moved back, the change", "object.updated")
    trial.delivered(webhook, headers, [204])
    return gaps


def waiting(trial, queue):
    """How many messages are in a queue."""
    asked = {"QueueUrl": queue["QueueUrl"], "AttributeNames": ["ApproximateNumberOfMessages"]}
    return int(trial.sqs.get_queue_attributes(**asked)["Attributes"]["ApproximateNumberOfMessages"])


def back(trial, peek):
    """Moves what is dead to where it came from, as docs/operate/operations.md says. Gives the gaps."""
    try:
        trial.sqs.start_message_move_task(SourceArn=trial.arn("DeadRequestQueue"))
        return []
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidAction":
            raise
    for message in trial.sqs.receive_message(**peek, MaxNumberOfMessages=10)["Messages"]:
        place = {"MessageGroupId": message["Attributes"]["MessageGroupId"], "MessageDeduplicationId": str(uuid.uuid4())}
        trial.sqs.send_message(QueueUrl=trial.made["RequestQueue"], MessageBody=message["Body"], **place)
        trial.sqs.delete_message(QueueUrl=peek["QueueUrl"], ReceiptHandle=message["ReceiptHandle"])
    return [UNMOVED]
