"""The deployed REST API in ministack: what its import of the template leaves out, and requests to it."""

import http.client
import json
import re
import urllib.parse

import boto3

from checks import check, template

STAGE = "live"
# What the template calls methods that have another name in API Gateway.
METHODS = {"x-amazon-apigateway-any-method": "ANY"}


class Gateway:
    """The API of a stack."""

    def __init__(self, endpoint, stack):
        self.client = boto3.client("apigateway", endpoint_url=endpoint)
        self.address = urllib.parse.urlparse(endpoint)
        self.stack = stack
        self.made = resources(endpoint, stack)
        self.functions = {name: value["PhysicalResourceId"] for name, value in self.made.items()}
        self.id = self.functions["Api"]

    def all(self, kind):
        """The names of the stack's resources of a type."""
        return [one["PhysicalResourceId"] for one in self.made.values() if one["ResourceType"] == kind]

    def complete(self):
        """Adds what the import left out, from the same template, by API Gateway's own calls. Gives the list."""
        api = template()["Resources"]["Api"]["Properties"]
        missing = [self._add_methods(api), self._add_responses(api), self._note_binary_types()]
        missing = [gap for gap in missing if gap]
        self.client.create_deployment(restApiId=self.id, stageName=STAGE)
        stage = self.client.get_stage(restApiId=self.id, stageName=STAGE)
        if not stage.get("accessLogSettings"):
            missing.append("the stage keeps no access log settings; not added, there would be no log to read")
        return missing

    def _add_methods(self, api):
        paths = api["DefinitionBody"]["paths"]
        found = {item["path"]: item for item in self.client.get_resources(restApiId=self.id, limit=500)["items"]}
        wanted = [
            (path, METHODS.get(name, name.upper()), operation)
            for path, item in paths.items()
            for name, operation in item.items()
        ]
        absent = [one for one in wanted if one[1] not in found[one[0]].get("resourceMethods", {})]
        if not absent:
            return None
        gate = self.client.get_authorizers(restApiId=self.id)["items"][0]["id"]
        for path, method, operation in absent:
            is_public = operation.get("security") == [{"NONE": []}]
            guarded = {"authorizationType": "CUSTOM", "authorizerId": gate}
            access = {"authorizationType": "NONE"} if is_public else guarded
            place = {"restApiId": self.id, "resourceId": found[path]["id"], "httpMethod": method}
            self.client.put_method(**place, **access)
            uri = self._uri(operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"])
            self.client.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
        return f"x-amazon-apigateway-any-method is not imported: {len(absent)} methods added"

    def _uri(self, template_uri):
        arn = re.search(r"functions/(.*)/invocations", template_uri)[1]
        name = self.functions[re.match(r"\$\{(\w+)\.Arn}", arn)[1]] if ".Arn" in arn else f"{self.stack}-console"
        region = self.client.meta.region_name
        arn = f"arn:aws:lambda:{region}:000000000000:function:{name}"
        return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"

    def _add_responses(self, api):
        wanted = api["GatewayResponses"]
        found = self.client.get_gateway_responses(restApiId=self.id)["items"]
        if all(not item["defaultResponse"] for item in found if item["responseType"] in wanted):
            return None
        for kind, response in wanted.items():
            headers = response["ResponseParameters"]["Headers"]
            status = {"statusCode": str(response["StatusCode"])} if "StatusCode" in response else {}
            self.client.put_gateway_response(
                restApiId=self.id,
                responseType=kind,
                **status,
                responseParameters={f"gatewayresponse.header.{name}": told(value) for name, value in headers.items()},
                responseTemplates=response["ResponseTemplates"],
            )
        return f"gateway responses are not imported: {len(wanted)} added"

    def _note_binary_types(self):
        found = self.client.get_rest_api(restApiId=self.id)["binaryMediaTypes"]
        gap = "binary media types are not understood in the form *~1*: bodies come as text"
        return None if "*/*" in found else gap

    def url(self):
        """Where the API is, by a path of the stand-in: no name leads to its host."""
        return f"{self.address.geturl()}/_aws/execute-api/{self.id}/{STAGE}"

    def call(self, method, path, body=None, credential=None, headers=None):
        """One request through API Gateway: status, headers in lower case, text."""
        host = f"{self.id}.execute-api.localhost"
        sent = {"Host": host, "Accept": "*/*", "User-Agent": "trial", **(headers or {})}
        if credential:
            sent["Authorization"] = f"Bearer {credential}"
        if body is not None:
            sent["Content-Type"] = "application/json"
            body = json.dumps(body)
        return send(self.address, method, f"/{STAGE}{path}", body, sent)

    def expect(self, what, status, media, method, path, *rest, **more):
        """The same, checked. Gives headers and body."""
        got = self.call(method, path, *rest, **more)
        is_right = got[0] == status and got[1].get("content-type", "").startswith(media) and got[1].get("x-request-id")
        check(f"{what}: {method} {path} → {status}", is_right, got)
        return got[1], json.loads(got[2]) if "json" in media else got[2]


def complete_sources(endpoint):
    """Makes numbers of what the stand-in left as texts, where the template refers to parameters. Gives the gap."""
    functions = boto3.client("lambda", endpoint_url=endpoint)
    for source in functions.list_event_source_mappings()["EventSourceMappings"]:
        most = source.get("ScalingConfig", {}).get("MaximumConcurrency")
        # The client reads both as a number.
        if most:
            functions.update_event_source_mapping(UUID=source["UUID"], ScalingConfig={"MaximumConcurrency": int(most)})
    return ["numbers that are parameters stay texts in event source mappings: they were made numbers"]


def told(value):
    """The value of a header of a gateway response. One depends on a parameter: by default every origin may read."""
    return value if isinstance(value, str) else "'*'"


def send(address, method, path, body, headers):
    """One request by HTTP, without following redirects: status, headers in lower case, text."""
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, text


def resources(endpoint, stack):
    """The stack's resources by logical id."""
    client = boto3.client("cloudformation", endpoint_url=endpoint)
    found = client.describe_stack_resources(StackName=stack)["StackResources"]
    return {resource["LogicalResourceId"]: resource for resource in found}


def outputs(endpoint, stack):
    """The stack's outputs."""
    client = boto3.client("cloudformation", endpoint_url=endpoint)
    found = client.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    return {output["OutputKey"]: output["OutputValue"] for output in found}
