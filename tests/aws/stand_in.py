"""Makes the tables, the queues and the key ring of template.yaml in a stand-in of AWS, under their logical ids.

Under these names `sam local invoke` looks for them, as it takes `!Ref` for the logical id. Of a queue that is a name in
place of a URL, by which the stand-in knows it too.
"""

import json
import secrets
import sys

import boto3

from checks import template

TABLE_PROPERTIES = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode")


def make(endpoint):
    """Makes them all."""
    dynamodb = boto3.client("dynamodb", endpoint_url=endpoint)
    for name, resource in template()["Resources"].items():
        if resource["Type"] == "AWS::DynamoDB::Table":
            given = resource["Properties"]
            dynamodb.create_table(TableName=name, **{key: given[key] for key in TABLE_PROPERTIES if key in given})
        if resource["Type"] == "AWS::SQS::Queue":
            boto3.client("sqs", endpoint_url=endpoint).create_queue(QueueName=name)
        if resource["Type"] == "AWS::SecretsManager::Secret":
            ring = json.loads(resource["Properties"]["GenerateSecretString"]["SecretStringTemplate"])
            ring[resource["Properties"]["GenerateSecretString"]["GenerateStringKey"]] = secrets.token_hex(32)
            client = boto3.client("secretsmanager", endpoint_url=endpoint)
            client.create_secret(Name=name, SecretString=json.dumps(ring))


if __name__ == "__main__":
    make(sys.argv[1])
