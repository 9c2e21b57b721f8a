"""template.yaml once SAM has translated it, with parameters as CloudFormation gives them: as texts."""

import copy
import logging
import os

from samtranslator.translator.transform import transform

from checks import check, template

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
# SAM warns of what it would like to know about itself.
logging.disable(logging.WARNING)


class NoPolicies:
    """SAM asks for the managed policies of AWS, of which none is named."""

    def load(self):
        """None."""
        return {}


def translated(**parameters):
    """What SAM makes of the template, with these parameters."""
    fragment = copy.deepcopy(template())
    for resource in fragment["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/code"
    return transform(fragment, parameters, NoPolicies())


def given(**parameters):
    """All parameters as texts: the defaults, and these."""
    defaults = {name: str(one["Default"]) for name, one in template()["Parameters"].items() if "Default" in one}
    return {**defaults, **parameters}


def holds(condition, parameters):
    """Whether a condition of the template holds, named or written out."""
    if isinstance(condition, str):
        return holds(template()["Conditions"][condition], parameters)
    ((kind, given_to),) = condition.items()
    if kind == "Condition":
        return holds(given_to, parameters)
    if kind == "Fn::Equals":
        reference, value = given_to
        return parameters[reference["Ref"]] == str(value)
    if kind == "Fn::Contains":
        values, reference = given_to
        return parameters[reference["Ref"]] in values
    outcomes = [holds(one, parameters) for one in given_to]
    return not outcomes[0] if kind == "Fn::Not" else {"Fn::And": all, "Fn::Or": any}[kind](outcomes)


def chosen(value, parameters):
    """What CloudFormation puts in the place of `Fn::If`."""
    while isinstance(value, dict) and "Fn::If" in value:
        condition, then, otherwise = value["Fn::If"]
        value = then if holds(condition, parameters) else otherwise
    return value


def cache():
    """API Gateway is told a number, for each value that there may be; of anything else it would make 300."""
    allowed = template()["Parameters"]["AuthorizerCacheSeconds"]["AllowedValues"]
    check("a decision is not kept unless somebody asks for it", given()["AuthorizerCacheSeconds"] == "0", allowed)
    for seconds in allowed:
        parameters = given(AuthorizerCacheSeconds=str(seconds))
        body = translated(**parameters)["Resources"]["Api"]["Properties"]["Body"]
        gate = body["components"]["securitySchemes"]["Gate"]["x-amazon-apigateway-authorizer"]
        found = chosen(gate["authorizerResultTtlInSeconds"], parameters)
        is_right = type(found) is int and found == seconds
        check(f"AuthorizerCacheSeconds={seconds}: the authorizer's cache is the number {seconds}", is_right, gate)


def responses():
    """Unnamed refusals keep their status."""
    body = translated(**given())["Resources"]["Api"]["Properties"]["Body"]
    found = body["x-amazon-apigateway-gateway-responses"]
    kept = [name for name, one in found.items() if "statusCode" not in one]
    check("DEFAULT_4XX and DEFAULT_5XX alone keep the status", sorted(kept) == ["DEFAULT_4XX", "DEFAULT_5XX"], kept)


def functions():
    """Lambda writes no lines of its own about calls that went well."""
    for name, resource in translated(**given())["Resources"].items():
        if resource["Type"] == "AWS::Lambda::Function":
            found = resource["Properties"]["LoggingConfig"]
            is_right = (found["LogFormat"], found["SystemLogLevel"]) == ("JSON", "WARN") and "LogGroup" in found
            check(f"{name}: its log has JSON, and no lines about each call", is_right, found)


def asked_for():
    """What a parameter asks for is there, and without it nothing of it."""
    nothing = {"Ref": "AWS::NoValue"}

    def made(*place, **parameters):
        parameters = given(**parameters)
        value = translated(**parameters)["Resources"][place[0]]
        if "Condition" in value and not holds(value["Condition"], parameters):
            return None
        for name in place[1:]:
            value = chosen(value[name], parameters)
        return value

    endpoint = ("Api", "Properties", "Body", "servers", 0, "x-amazon-apigateway-endpoint-configuration")
    endpoint += ("disableExecuteApiEndpoint",)
    pool = ("UserPool", "Properties")
    reserved = ("Properties", "ReservedConcurrentExecutions")
    domain = {"DomainName": "api.example.com", "CertificateArn": "arn"}
    ses = {"SesIdentityArn": "arn", "SesFrom": "a@example.com"}
    cases = [
        ("the API's own address is open", made(*endpoint), False),
        ("behind a domain it is not", made(*endpoint, **domain), True),
        ("anybody may sign up", made(*pool, "AdminCreateUserConfig", "AllowAdminCreateUserOnly"), False),
        ("SelfSignUp=false", made(*pool, "AdminCreateUserConfig", "AllowAdminCreateUserOnly", SelfSignUp="false"), True),
        ("Cognito sends mails", made(*pool, "EmailConfiguration"), nothing),
        ("SES sends mails", made(*pool, "EmailConfiguration", "EmailSendingAccount", **ses), "DEVELOPER"),
        ("nothing is reserved for the authorizer", made("AuthorizerFunction", *reserved), nothing),
        ("ReservedAuthorizers=50", made("AuthorizerFunction", *reserved, ReservedAuthorizers="50"), {"Ref": "ReservedAuthorizers"}),
        ("ReservedObjects=50", made("ObjectsFunction", *reserved, ReservedObjects="50"), {"Ref": "ReservedObjects"}),
        ("there is no firewall", made("Firewall"), None),
        ("a firewall", made("Firewall", "Properties", "Scope", RequestsPerMinutePerAddress="600"), "REGIONAL"),
        ("in front of the API", bool(made("FirewallAssociation", RequestsPerMinutePerAddress="600")), True),
        ("the account gets a logging role", bool(made("GatewayAccount")), True),
        ("the account keeps the one that it has", made("GatewayAccount", AccountHasLoggingRole="true"), None),
    ]
    for what, found, wanted in cases:
        check(what, found == wanted, found)


def rules():
    """What AWS would refuse in the middle of a deployment, CloudFormation refuses before it."""
    cases = [
        ("the defaults", {}, []),
        ("an issuer without an audience", {"OidcIssuer": "https://issuer.example"}, ["OidcTogether"]),
        ("a domain without a certificate", {"DomainName": "api.example.com"}, ["DomainTogether"]),
        ("an address of SES without its identity", {"SesFrom": "a@example.com"}, ["SesTogether"]),
        ("a firewall that counts to ten", {"RequestsPerMinutePerAddress": "10"}, []),
        ("to nine", {"RequestsPerMinutePerAddress": "9"}, ["FirewallLeast"]),
        ("to one", {"RequestsPerMinutePerAddress": "1"}, ["FirewallLeast"]),
    ]
    for what, parameters, broken in cases:
        parameters = given(**parameters)
        rules_of_it = template()["Rules"].items()
        found = [name for name, rule in rules_of_it if not all(holds(one["Assert"], parameters) for one in rule["Assertions"])]
        check(f"{what}: rules broken: {broken or 'none'}", found == broken, found)


if __name__ == "__main__":
    asked_for()
    rules()
    cache()
    responses()
    functions()
