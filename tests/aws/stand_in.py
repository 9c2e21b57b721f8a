"""Makes the tables, the queues and the key ring of template.yaml in a stand-in of AWS, under their logical ids.

Under these names `sam local invoke` looks for them, as it takes `!Ref` for the logical id. Of a queue that is a name in
place of a URL, by which the stand-in knows it too; a FIFO queue needs another ending.
"""

import json
import secrets
import sys

import boto3

from checks import template

TABLE_PROPERTIES = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode")
FIFO_PROPERTIES = ("FifoQueue", "FifoThroughputLimit", "DeduplicationScope")


def queue_name(name):
    """What the stand-in calls the queue with a logical id."""
    is_fifo = template()["Resources"][name]["Properties"].get("FifoQueue")
    return f"{name}.fifo" if is_fifo else name


def variables():
    """Function → what `sam local invoke` does not get from `!Ref`: the names of FIFO queues."""
    resources = template()["Resources"]
    functions = {name: one for name, one in resources.items() if one["Type"] == "AWS::Serverless::Function"}
    found = {}
    for name, function in functions.items():
        given = function["Properties"].get("Environment", {}).get("Variables", {})
        queues = {key: value["Ref"] for key, value in given.items() if isinstance(value, dict) and "Ref" in value}
        is_queue = lambda queue: resources.get(queue, {}).get("Type") == "AWS::SQS::Queue"
        names = {key: queue_name(queue) for key, queue in queues.items() if is_queue(queue)}
        found[name] = {key: value for key, value in names.items() if value != queues[key]}
    return found


def make(endpoint):
    """Makes them all."""
    dynamodb = boto3.client("dynamodb", endpoint_url=endpoint)
    for name, resource in template()["Resources"].items():
        if resource["Type"] == "AWS::DynamoDB::Table":
            given = resource["Properties"]
            dynamodb.create_table(TableName=name, **{key: given[key] for key in TABLE_PROPERTIES if key in given})
        if resource["Type"] == "AWS::SQS::Queue":
            given = resource["Properties"]
            attributes = {key: str(given[key]).replace("True", "true") for key in FIFO_PROPERTIES if key in given}
            client = boto3.client("sqs", endpoint_url=endpoint)
            client.create_queue(QueueName=queue_name(name), Attributes=attributes)
        if resource["Type"] == "AWS::SecretsManager::Secret":
            ring = json.loads(resource["Properties"]["GenerateSecretString"]["SecretStringTemplate"])
            ring[resource["Properties"]["GenerateSecretString"]["GenerateStringKey"]] = secrets.token_hex(32)
            client = boto3.client("secretsmanager", endpoint_url=endpoint)
            client.create_secret(Name=name, SecretString=json.dumps(ring))


if __name__ == "__main__":
    make(sys.argv[1])
