"""What each function's role may do, asked of the stand-in's policy simulator, and nothing besides."""

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
    "Objects": {"Workspace": ("GetItem", "BatchGetItem"), "Objects": (*KEEP, "BatchGetItem"), "Activity": REMEMBER},
    "Jobs": {
        "Workspace": ("GetItem", "Query", "PutItem", "DeleteItem"),
        "Objects": ("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"),
    },
    "Discovery": {},
    "Console": {},
}
# Role → the keys that its own statements are limited to.
PREFIXES = {
    "Authorizer": {"USER#*", "HISTORY#*", "ADDRESS#*", "RATE#*"},
    "Tokens": {"USER#*", "HISTORY#*", "RATE#*"},
    "Teams": {"USER#*", "TEAM#*", "SLUG#*", "HISTORY#*"},
    "ObjectTypes": {"TEAM#*", "JOBS"},
    "Objects": {"TEAM#*"},
    "Jobs": {"TEAM#*", "JOBS"},
}
# Roles that need no keys.
KEYLESS = ("Jobs", "Discovery", "Console")
# Role → what it may do with the queue of jobs.
QUEUE_ACTIONS = ("SendMessage", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "PurgeQueue")
QUEUE = {"ObjectTypes": {"SendMessage"}, "Jobs": set(QUEUE_ACTIONS) - {"PurgeQueue"}}
TABLES = ("Identity", "Workspace", "Objects", "Activity")


def verify(endpoint, stack):
    """Checks every role against the table above."""
    iam = boto3.client("iam", endpoint_url=endpoint)
    dynamodb = boto3.client("dynamodb", endpoint_url=endpoint)
    found = {name: resource["PhysicalResourceId"] for name, resource in resources(endpoint, stack).items()}
    arns = {name: dynamodb.describe_table(TableName=found[f"{name}Table"])["Table"]["TableArn"] for name in TABLES}
    ring = boto3.client("secretsmanager", endpoint_url=endpoint).describe_secret(SecretId=found["KeyRing"])["ARN"]

    sqs = boto3.client("sqs", endpoint_url=endpoint)
    asked = sqs.get_queue_attributes(QueueUrl=found["JobQueue"], AttributeNames=["QueueArn"])
    queue = asked["Attributes"]["QueueArn"]

    def allowed(role, names, arn):
        answers = iam.simulate_principal_policy(PolicySourceArn=role, ActionNames=names, ResourceArns=[arn])
        results = answers["EvaluationResults"]
        return {one["EvalActionName"].split(":")[1] for one in results if one["EvalDecision"] == "allowed"}

    for name, wanted in RIGHTS.items():
        role = iam.get_role(RoleName=found[f"{name}Role"])["Role"]["Arn"]
        may = {table: allowed(role, [f"dynamodb:{action}" for action in ACTIONS], arns[table]) for table in TABLES}
        is_exact = all(may[table] == set(wanted.get(table, ())) for table in TABLES)
        reads_ring = allowed(role, ["secretsmanager:GetSecretValue"], ring) == {"GetSecretValue"}
        check(f"{name}: what its role may do, and no more", is_exact and reads_ring == (name not in KEYLESS), [may, reads_ring])
        sends = allowed(role, [f"sqs:{action}" for action in QUEUE_ACTIONS], queue)
        check(f"{name}: what it may do with the queue", sends == QUEUE.get(name, set()), sorted(sends))
    for name, prefixes in PREFIXES.items():
        found = keys(f"{name}Role")
        check(f"{name}: only keys like {' '.join(sorted(prefixes))}", found == prefixes, sorted(found))


def keys(role):
    """The leading keys that a role's statements on tables with mixed content are limited to."""
    statements = template()["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    limits = [statement["Condition"]["ForAllValues:StringLike"] for statement in statements if "Condition" in statement]
    return {key for limit in limits for key in limit["dynamodb:LeadingKeys"]}
