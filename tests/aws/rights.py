"""What each function's role may do, asked of the stand-in's policy simulator, and nothing besides."""

import json

import boto3

from checks import check, template
from gateway import resources

ACTIONS = (
    *("GetItem", "BatchGetItem", "Query", "Scan", "ConditionCheckItem"),
    *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "DeleteTable"),
)
KEEP = ("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")
REMEMBER = ("GetItem", "PutItem", "UpdateItem", "DeleteItem")
# Role → table → actions.
RIGHTS = {
    "Authorizer": {"Identity": ("GetItem", "BatchGetItem", "UpdateItem"), "Activity": ("PutItem", "UpdateItem")},
    "Tokens": {"Identity": (*KEEP, "BatchGetItem"), "Activity": (*REMEMBER, "Query")},
    "Teams": {"Identity": (*KEEP, "BatchGetItem"), "Activity": REMEMBER},
    "ObjectTypes": {"Workspace": (*KEEP, "BatchGetItem"), "Objects": ("Query",), "Activity": REMEMBER},
    "Objects": {
        **{"Workspace": ("GetItem", "BatchGetItem"), "Objects": (*KEEP, "BatchGetItem")},
        "Activity": (*REMEMBER, "BatchGetItem"),
    },
    "Jobs": {
        **{"Workspace": (*REMEMBER, "Query"), "Objects": (*REMEMBER, "Query")},
        "Activity": ("UpdateItem", "DeleteItem"),
    },
    "Forms": {
        **{"Workspace": (*REMEMBER, "BatchGetItem", "Query"), "Activity": (*REMEMBER, "Query")},
        "Objects": (*REMEMBER, "BatchGetItem", "ConditionCheckItem"),
    },
    # Which everybody can call: it writes nothing that a team has set up.
    "FormSubmissions": {
        **{"Workspace": ("GetItem", "BatchGetItem"), "Activity": ("GetItem", "Query", "PutItem", "UpdateItem")},
        "Objects": (*REMEMBER, "BatchGetItem", "ConditionCheckItem"),
    },
    "Webhooks": {"Workspace": (*KEEP, "BatchGetItem"), "Activity": (*REMEMBER, "BatchGetItem", "Query")},
    "AuditLogs": {"Workspace": ("GetItem",), "Activity": (*REMEMBER, "BatchGetItem", "Query")},
    "Relay": {
        **{"Identity": ("GetItem", "Query"), "Workspace": ("GetItem", "Query")},
        "Activity": ("GetItem", "BatchGetItem", "PutItem", "UpdateItem"),
    },
    "Deliveries": {"Activity": ("BatchGetItem", "UpdateItem")},
    "Discovery": {},
    "Console": {},
}
# Role → table → what its indexes are called that may be queried.
AUDIT = ("audit_user", "audit_subject", "audit_type", "audit_event")
OBJECTS = (*(f"s{slot:02}" for slot in range(1, 17)), "updated", "trash")
INDEXES = {
    "Objects": {"Objects": OBJECTS, "Activity": ("audit_subject",)},
    "Webhooks": {"Activity": ("open",)},
    "AuditLogs": {"Activity": AUDIT},
}
# Role → the keys that its own statements are limited to.
PREFIXES = {
    "Authorizer": {"USER#*", "TEAM#*", "HISTORY#*", "ADDRESS#*", "RATE#*", "AUDIT#*"},
    "Tokens": {"USER#*", "HISTORY#*", "RATE#*"},
    "Teams": {"USER#*", "TEAM#*", "SLUG#*", "HISTORY#*"},
    "ObjectTypes": {"TEAM#*", "JOBS"},
    "Objects": {"TEAM#*", "AUDIT#*"},
    "Jobs": {"TEAM#*", "JOBS", "WEBHOOK#*", "FORM#*", "FORMKEY#*"},
    "Forms": {"TEAM#*", "JOBS", "FORM#*", "FORMKEY#*"},
    "FormSubmissions": {"TEAM#*", "FORM#*", "FORMKEY#*", "RATE#*", "IDEMPOTENCY#"},
    "Webhooks": {"TEAM#*", "JOBS", "WEBHOOK#*", "EVENT#*"},
    "AuditLogs": {"TEAM#*", "AUDIT#*"},
    "Relay": {"USER#*", "TEAM#*", "AUDIT#*", "EVENT#*", "WEBHOOK#*", "RELAY#*"},
    "Deliveries": {"WEBHOOK#*", "EVENT#*"},
}
# Role → attributes that it may not write where tokens lie: these make another token of it, or make it known by another secret.
RIGHTS_OF_TOKENS = {"permissions", "expires_at", "team_ids", "allowed_cidrs", "rate_limit", "on_reuse"}
SECRETS_OF_TOKENS = {"secret", "secret_created_at", "pending", "rotated_away", "rotated_itself_at", "active"}
UNWRITTEN = {"Authorizer": RIGHTS_OF_TOKENS, "Teams": RIGHTS_OF_TOKENS | SECRETS_OF_TOKENS}
# Roles that need no keys.
KEYLESS = ("Jobs", "Deliveries", "Discovery", "Console")
QUEUE_ACTIONS = (
    *("SendMessage", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
    *("ChangeMessageVisibility", "PurgeQueue"),
)
SEND = ("SendMessage",)
TAKE = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
PUT_OFF = ("ChangeMessageVisibility",)
# Role → queue → actions. Nobody takes anything out of the queues of what has failed.
QUEUES = {
    "ObjectTypes": {"JobQueue": SEND},
    # Lambda sends what a sweep has failed at in its name.
    "Jobs": {"JobQueue": (*SEND, *TAKE), "DeadJobQueue": SEND},
    "Webhooks": {"RetryQueue": SEND},
    "Relay": {
        **{"RequestQueue": SEND, "SlowRequestQueue": SEND, "ParkedQueue": SEND},
        "RetryQueue": (*SEND, *TAKE),
    },
    "Deliveries": {
        **{"RequestQueue": (*TAKE, *PUT_OFF), "SlowRequestQueue": (*SEND, *TAKE, *PUT_OFF)},
        "RetryQueue": SEND,
    },
}
BATCHES = "SendMessageBatch has a right of its own: roles were given it that have sqs:SendMessage, which is it on AWS"
STREAM_ACTIONS = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
# Role → the tables whose streams it reads.
STREAMS = {"Relay": ("Identity", "Workspace", "Objects")}
TABLES = ("Identity", "Workspace", "Objects", "Activity")


class Stack:
    """What there is in a stack, by logical id, and what its roles may do with it."""

    def __init__(self, endpoint, stack):
        self.iam = boto3.client("iam", endpoint_url=endpoint)
        services = ("dynamodb", "sqs", "secretsmanager")
        dynamodb, sqs, secrets = (boto3.client(name, endpoint_url=endpoint) for name in services)
        self.names = {name: resource["PhysicalResourceId"] for name, resource in resources(endpoint, stack).items()}
        self.tables = {name: dynamodb.describe_table(TableName=self.names[f"{name}Table"])["Table"] for name in TABLES}
        self.queues = {name: self._queue(sqs, name) for name in of_type("AWS::SQS::Queue")}
        self.ring = secrets.describe_secret(SecretId=self.names["KeyRing"])["ARN"]

    def _queue(self, sqs, name):
        asked = sqs.get_queue_attributes(QueueUrl=self.names[name], AttributeNames=["QueueArn"])
        return asked["Attributes"]["QueueArn"]

    def may(self, role, service, actions, arn):
        """Those of the actions that a role may do with a thing."""
        source = self.iam.get_role(RoleName=self.names[f"{role}Role"])["Role"]["Arn"]
        asked = [f"{service}:{action}" for action in actions]
        answers = self.iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=asked, ResourceArns=[arn])
        results = answers["EvaluationResults"]
        return {one["EvalActionName"].split(":")[1] for one in results if one["EvalDecision"] == "allowed"}


def verify(endpoint, stack):
    """Checks every role against the tables above."""
    stack = Stack(endpoint, stack)
    roles = {name.removesuffix("Function") for name in of_type("AWS::Serverless::Function")}
    check("every function's role is looked at", roles == set(RIGHTS), sorted(roles ^ set(RIGHTS)))
    for role in RIGHTS:
        reads_ring = stack.may(role, "secretsmanager", ["GetSecretValue"], stack.ring) == {"GetSecretValue"}
        check(f"{role}: whether it may read the key ring", reads_ring == (role not in KEYLESS), reads_ring)
        exact(f"{role}: what its role may do with each table, and no more", tables(stack, role), RIGHTS[role])
        wanted = {f"{table}/{name}": ["Query"] for table, names in INDEXES.get(role, {}).items() for name in names}
        exact(f"{role}: which indexes it may query", indexes(stack, role), wanted)
        wanted = {name: STREAM_ACTIONS for name in STREAMS.get(role, ())}
        exact(f"{role}: which streams it may read", streams(stack, role), wanted)
        exact(f"{role}: what it may do with each queue", queues(stack, role), QUEUES.get(role, {}))
    for role in sorted(loops()):
        function = template()["Resources"][f"{role}Function"]["Properties"]
        check(f"{role}: its messages may come back to it", function.get("RecursiveLoop") == "Allow", function)
    for role, prefixes in PREFIXES.items():
        found = keys(f"{role}Role")
        check(f"{role}: only keys like {' '.join(sorted(prefixes))}", found == prefixes, sorted(found))
    for role, unwritten in UNWRITTEN.items():
        named = attributes(f"{role}Role")
        check(f"{role}: names what it writes where tokens lie", bool(named) and all(named), named)
        found = unwritten & set().union(*named)
        check(f"{role}: none of it makes another token of one", not found, sorted(found))


def complete(endpoint, stack):
    """Gives roles what the stand-in asks for and AWS does not. Gives the gaps."""
    stack = Stack(endpoint, stack)
    for role, queues_of_role in QUEUES.items():
        arns = [stack.queues[queue] for queue, actions in queues_of_role.items() if "SendMessage" in actions]
        if stack.may(role, "sqs", ["SendMessageBatch"], arns[0]):
            return []
        statement = {"Effect": "Allow", "Action": "sqs:SendMessageBatch", "Resource": arns}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        stack.iam.put_role_policy(RoleName=stack.names[f"{role}Role"], PolicyName="batches", PolicyDocument=policy)
    return [BATCHES]


def exact(what, found, wanted):
    """Checks that a role may do with each thing what it should, and nothing with any other."""
    found = {name: sorted(actions) for name, actions in found.items() if actions}
    check(what, found == {name: sorted(actions) for name, actions in wanted.items()}, found)


def tables(stack, role):
    """Table → what the role may do with it."""
    return {name: stack.may(role, "dynamodb", ACTIONS, table["TableArn"]) for name, table in stack.tables.items()}


def indexes(stack, role):
    """Index → what the role may do with it."""
    arns = {
        f"{name}/{index['IndexName']}": f"{table['TableArn']}/index/{index['IndexName']}"
        for name, table in stack.tables.items()
        for index in table.get("GlobalSecondaryIndexes", [])
    }
    return {name: stack.may(role, "dynamodb", ACTIONS, arn) for name, arn in arns.items()}


def streams(stack, role):
    """Table → what the role may do with its stream."""
    arns = {name: table["LatestStreamArn"] for name, table in stack.tables.items() if "LatestStreamArn" in table}
    return {name: stack.may(role, "dynamodb", STREAM_ACTIONS, arn) for name, arn in arns.items()}


def queues(stack, role):
    """Queue → what the role may do with it."""
    return {name: stack.may(role, "sqs", QUEUE_ACTIONS, arn) for name, arn in stack.queues.items()}


def loops():
    """The roles whose messages lead back to them, by themselves or others. Lambda would end such a chain at 16."""
    takers = {queue: role for role, queues in QUEUES.items() for queue, may in queues.items() if set(TAKE) <= set(may)}
    leads = {
        role: {takers[queue] for queue, may in queues.items() if "SendMessage" in may and queue in takers}
        for role, queues in QUEUES.items()
    }
    for _ in leads:
        leads = {role: next_ones.union(*(leads[one] for one in next_ones)) for role, next_ones in leads.items()}
    return {role for role, reached in leads.items() if role in reached}


def of_type(kind):
    """The logical ids of the template's resources of a type."""
    return [name for name, resource in template()["Resources"].items() if resource["Type"] == kind]


def keys(role):
    """The leading keys that a role's statements on tables with mixed content are limited to."""
    statements = template()["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    limits = [statement["Condition"]["ForAllValues:StringLike"] for statement in statements if "Condition" in statement]
    return {key for limit in limits for key in limit["dynamodb:LeadingKeys"]}


def attributes(role):
    """The attributes that each of a role's statements may write where people and their tokens lie."""
    statements = template()["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    found = []
    for statement in statements:
        condition = statement.get("Condition", {})
        keys = condition.get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
        if {"dynamodb:PutItem", "dynamodb:UpdateItem"} & set(statement["Action"]) and "USER#*" in keys:
            found.append(set(condition.get("ForAllValues:StringEquals", {}).get("dynamodb:Attributes", [])))
    return found
