"""Changes that cannot be told: those that have to wait, and those that are parked until somebody has looked into it."""

import contextlib
import json

from botocore.exceptions import ClientError

from checks import check
from gateway import outputs
from trial import until

UNHEEDED = (
    "what a function answers about a part of a stream's batch is not heeded (ReportBatchItemFailures): "
    "the relay was invoked with the records of the stream instead; BisectBatchOnFunctionError was not tried"
)
UNMOVED = "start-message-move-task is not known: what is parked was moved message by message"


def waiting(trial, webhook, receiver):
    """A change that cannot be told for the moment is not parked: it is named, to come again. Gives the gaps."""
    pending = f"/webhooks/{webhook['id']}/deliveries?status=pending"
    with denied(trial, "sqs:SendMessage*", "RequestQueue"):
        _, contact = trial.rename("Ada Milbanke")
        until("its delivery is pending", lambda: trial.list(pending))
        record = until("the change is in the stream", lambda: in_stream(trial, contact["id"], trial.name))
        answer = relayed(trial, record)
        again = {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
        check("while a queue is away, the change is to come again", answer == again, answer)
    is_heeded = receiver.comes(10)
    if not is_heeded:
        answer = relayed(trial, record)
        check("when it is back, the change is told", answer == {"batchItemFailures": []}, answer)
    receiver.next("the change that had to wait", "object.updated")
    return [] if is_heeded else [UNHEEDED]


@contextlib.contextmanager
def denied(trial, action, queue):
    """While it lasts, the relay may not do this with the queue: as if SQS were away."""
    iam, role = trial.client("iam"), {"RoleName": trial.made["RelayRole"], "PolicyName": "away"}
    statement = {"Effect": "Deny", "Action": action, "Resource": trial.arn(queue)}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_role_policy(**role, PolicyDocument=json.dumps(policy))
    try:
        yield
    finally:
        iam.delete_role_policy(**role)


def in_stream(trial, sort_key, name):
    """The last change of an object in the stream, if it is about this name."""
    streams = trial.client("dynamodbstreams")
    arn = trial.dynamodb.describe_table(TableName=trial.made["ObjectsTable"])["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][-1]["ShardId"]
    begin = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=begin["ShardIterator"])["Records"]
    found = [one for one in records if one["dynamodb"]["Keys"]["sk"]["S"] == sort_key]
    is_there = found and found[-1]["dynamodb"]["NewImage"]["fields"]["M"]["name"]["S"] == name
    return is_there and {**found[-1], "eventSourceARN": arn}


def relayed(trial, record):
    """What the relay answers to a record, as Lambda would hand it over."""
    moment = record["dynamodb"]["ApproximateCreationDateTime"].timestamp()
    record = {**record, "dynamodb": {**record["dynamodb"], "ApproximateCreationDateTime": moment}}
    payload = json.dumps({"Records": [record]})
    given = trial.client("lambda").invoke(FunctionName=trial.made["RelayFunction"], Payload=payload)
    return json.loads(given["Payload"].read())


def unreadable(trial, receiver):
    """A change that names nobody is parked with its content, and the others go on."""
    objects = {"TableName": trial.made["ObjectsTable"]}
    kind = next(one["id"] for one in trial.list("/object-types") if one["slug"] == "contacts")
    key = {"pk": {"S": f"{trial.team}#{kind}"}, "sk": {"S": f"obj_{21 * '0'}1"}}
    fields = {"M": {"name": {"S": "Nobody"}}}
    trial.dynamodb.put_item(**objects, Item={**key, "version": {"N": "1"}, "fields": fields})
    trial.rename("Ada Lovelace")
    receiver.next("a change behind one that cannot be told", "object.updated")
    message, record = trial.parked("an object that nobody made")
    found = record["eventSource"], record["dynamodb"]["Keys"], record["dynamodb"]["NewImage"]["fields"]
    check("with its content", found == ("aws:dynamodb", key, fields), record)
    trial.dynamodb.delete_item(**objects, Key=key)
    trial.sqs.delete_message(QueueUrl=trial.made["ParkedQueue"], ReceiptHandle=message["ReceiptHandle"])


def mended(trial, receiver, other):
    """A webhook whose keys do not open is told nothing, the others are; when that is mended it gets it too."""
    webhook = trial.webhook("Other", other)
    with damaged(trial, webhook):
        trial.rename("Augusta Ada")
        first, _ = receiver.next("a change, though another webhook's keys do not open", "object.updated")
        _, record = trial.parked("for the other webhook")
        check("with its content", record["dynamodb"]["NewImage"]["fields"]["M"]["name"]["S"] == trial.name, record)
    # The others go on, while it is parked.
    trial.rename("Augusta Ada King")
    for one in (receiver, other):
        one.next("a change after that", "object.updated")
    gaps = move(trial)
    late, _ = other.next("what was parked, from the queue of retries", "object.updated")
    check("it is the event that the others got", late["webhook-id"] == first["webhook-id"], [late, first])
    trial.delivered(webhook, late, [204])
    check("nobody is told twice", not receiver.comes(1) and not other.comes(1), [receiver.url, other.url])
    return gaps


@contextlib.contextmanager
def damaged(trial, webhook):
    """While it lasts, the keys of a webhook are sealed under a key that the ring does not have."""
    key = {"pk": {"S": f"TEAM#{trial.team}"}, "sk": {"S": f"WEBHOOK#{webhook['id']}"}}
    workspace = {"TableName": trial.made["WorkspaceTable"]}
    sound = trial.dynamodb.get_item(**workspace, Key=key)["Item"]
    definition = json.loads(sound["definition"]["S"])
    definition["keys"]["key_id"] = "lost"
    trial.dynamodb.put_item(**workspace, Item={**sound, "definition": {"S": json.dumps(definition)}})
    try:
        yield
    finally:
        trial.dynamodb.put_item(**workspace, Item=sound)


def dropped(trial):
    """A change that waits for longer than its source allows is named in ParkedQueue, and the relay says that it is lost."""
    functions, relay = trial.client("lambda"), trial.made["RelayFunction"]
    stream = trial.dynamodb.describe_table(TableName=trial.made["ObjectsTable"])["Table"]["LatestStreamArn"]
    found = functions.list_event_source_mappings(FunctionName=relay, EventSourceArn=stream)["EventSourceMappings"]
    source, age = found[0]["UUID"], found[0]["MaximumRecordAgeInSeconds"]
    check("changes are dropped before the stream's 24 hours are over", 3600 <= age < 24 * 3600, found[0])
    # As short as AWS allows it, while the function does not even start.
    functions.update_event_source_mapping(UUID=source, MaximumRecordAgeInSeconds=60)
    try:
        with without(functions, relay, "REQUEST_QUEUE_URL"):
            trial.rename("Ada of Lovelace")
            notice = until("a change that has waited for a minute is given up", lambda: given_up(trial), 180)
    finally:
        functions.update_event_source_mapping(UUID=source, MaximumRecordAgeInSeconds=age)
    batch = notice["DDBStreamBatchInfo"]
    is_right = (notice["requestContext"]["condition"], batch["streamArn"]) == ("MaxRecordAgeExceeded", stream)
    check("ParkedQueue has its place in the stream", is_right and batch["startSequenceNumber"], notice)
    move(trial)
    group = f"/aws/lambda/{relay}"
    looked_for = lambda: [
        one["message"]
        for one in trial.client("logs").filter_log_events(logGroupName=group)["events"]
        if "changes were lost" in one["message"] and batch["startSequenceNumber"] in one["message"]
    ]
    until("moved on, the relay logs that it is lost, and where it was", looked_for)


def given_up(trial):
    """What Lambda says in ParkedQueue of changes that it has given up, if it does."""
    peek = {"QueueUrl": trial.made["ParkedQueue"], "VisibilityTimeout": 0, "MaxNumberOfMessages": 10}
    found = [json.loads(one["Body"]) for one in trial.sqs.receive_message(**peek).get("Messages", [])]
    return next((one for one in found if "DDBStreamBatchInfo" in one), None)


@contextlib.contextmanager
def without(functions, name, variable):
    """While it lasts, a function lacks a variable that it cannot do without, and does not even start."""
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    less = {key: value for key, value in variables.items() if key != variable}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": less})
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def move(trial):
    """Moves what is parked as docs/secure/audit-log.md says. Gives the gaps."""
    arns = outputs(trial.endpoint, trial.gateway.stack)
    try:
        trial.sqs.start_message_move_task(SourceArn=arns["ParkedQueueArn"], DestinationArn=arns["RetryQueueArn"])
        return []
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidAction":
            raise
    queue = {"QueueUrl": trial.made["ParkedQueue"]}
    for message in trial.sqs.receive_message(**queue, MaxNumberOfMessages=10)["Messages"]:
        trial.sqs.send_message(QueueUrl=trial.made["RetryQueue"], MessageBody=message["Body"])
        trial.sqs.delete_message(**queue, ReceiptHandle=message["ReceiptHandle"])
    return [UNMOVED]
