"""Tries what docs/operate and docs/secure/incident.md say of keys that change and are lost, of a stack that is gone, and
of a table that was damaged.

usage: recovery.py <endpoint of the stand-in> <stack> <folder> (asked | keys | gone | back | damaged | restored)

The folder has left.json, which deploy.py wrote. Before `back` and before `restored` the stack is deployed anew.
"""

import datetime
import json
import pathlib
import re
import secrets
import sys

import boto3

import rights
import sign_in
from checks import JSON, PROBLEM, ROOT, check, template
from gateway import Gateway, complete_sources, outputs, resources
from parking import UNMOVED
from printed import attempt, blocks, inline, run
from trial import until

ENDPOINT, STACK, FOLDER, PART = sys.argv[1:]
LEFT = pathlib.Path(FOLDER, "left.json")
KEPT = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::SecretsManager::Secret": "Id",
    "AWS::Cognito::UserPool": "UserPoolId",
}
UNIMPORTED = "a secret cannot be imported: the others were, and what was in the ring was put into a new one"


def client(service):
    """A client of the stand-in."""
    return boto3.client(service, endpoint_url=ENDPOINT)


def start_anew():
    """Starts all functions anew, as a deployment does that changes a variable of theirs."""
    functions = client("lambda")
    for name in Gateway(ENDPOINT, STACK).all("AWS::Lambda::Function"):
        variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        variables["STARTED"] = secrets.token_hex(4)
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def counts(what, credential, is_good=True):
    """Checks whether a token counts."""
    status, media = (200, JSON) if is_good else (401, PROBLEM)
    return Gateway(ENDPOINT, STACK).expect(what, status, media, "GET", "/v1/token", credential=credential)[1]


def asked():
    """What an operator asks with one line, or moves."""
    given = outputs(ENDPOINT, STACK)
    variables = {"STACK": STACK, "DEAD_REQUEST_QUEUE_ARN": given["DeadRequestQueueArn"]}
    for command in [*inline("operate/deploy.md"), *inline("operate/operations.md")]:
        done = attempt(command, FOLDER, **variables)
        is_unknown = "InvalidAction" in done.stderr and "start-message-move-task" in command
        check(f"as printed: {command}", done.returncode == 0 or is_unknown, [done.stdout, done.stderr])
        if is_unknown:
            print(f"GAP   {UNMOVED}", flush=True)


def keys():
    """A new key takes over and the old one goes; a ring that was replaced or deleted comes back."""
    left = json.loads(LEFT.read_text())
    made, ring = resources(ENDPOINT, STACK), outputs(ENDPOINT, STACK)["KeyRingArn"]
    tables = {f"TABLE_{name.upper()}": made[f"{name}Table"]["PhysicalResourceId"] for name in ("Identity", "Workspace")}
    given = {"STACK": STACK, "KEY_RING_SECRET": ring, "NEW": "k2", "OLD": "k1", **tables}
    add, look, remove, anew = blocks("operate/key-ring.md", "## In the cloud")[:4]
    counts("before", left["token"])
    run("a new key is added and made current", add, FOLDER, **given)
    started = run("all functions start anew", anew, FOLDER, **given)
    functions = Gateway(ENDPOINT, STACK).all("AWS::Lambda::Function")
    check("it names all of them", sorted(json.loads(f"[{','.join(started.split())}]")) == sorted(functions), started)
    # The stand-in keeps an instance through a change of the description.
    start_anew()
    counts("under the new key", left["token"])
    listed = run("what needs which key", look, FOLDER, **given)
    rows = re.findall(r"^(k\d) +(yes|no) +(\d+) +(\d+)", listed, re.MULTILINE)
    moved = [("k1", "no", "0", "0"), ("k2", "yes", "1", "0")]
    check("a use has moved the token to the new key, and nothing needs the old one", rows == moved, listed)
    run("the old key is removed", remove, FOLDER, **given)
    start_anew()
    counts("without the old key", left["token"])

    deleted, replaced = blocks("operate/backup-upgrade.md", "**The key ring was lost or replaced.**")[:2]
    sound = value(ring)
    run("every token ends", blocks("secure/incident.md", "### Every token at once")[0], FOLDER, **given)
    start_anew()
    counts("under a ring that was replaced", left["token"], is_good=False)
    run("the ring before is current again", replaced, FOLDER, **given)
    client("secretsmanager").delete_secret(SecretId=ring)
    run("a deleted ring comes back", deleted, FOLDER, **given)
    check("it is the ring that it was", value(ring) == sound, "another ring")
    start_anew()
    counts("under the ring that came back", left["token"])


def value(ring):
    """What is in the ring."""
    return client("secretsmanager").get_secret_value(SecretId=ring)["SecretString"]


def gone():
    """The stack is deleted, and a new one takes over what is left of it."""
    formation, made = client("cloudformation"), resources(ENDPOINT, STACK)
    kept = {name: one for name, one in template()["Resources"].items() if one["Type"] in KEPT}
    names = {name: made[name]["PhysicalResourceId"] for name in kept}
    ring = value(names["KeyRing"])
    formation.delete_stack(StackName=STACK)
    until("the stack is gone", lambda: is_deleted(formation))
    left = client("dynamodb").list_tables()["TableNames"]
    tables = {names[name] for name, one in kept.items() if one["Type"] == "AWS::DynamoDB::Table"}
    check("its tables are not", tables == set(left), left)
    check("and neither is its key ring", value(names["KeyRing"]) == ring, "another ring")
    names = taken_over(formation, names)
    found = {name: one["PhysicalResourceId"] for name, one in resources(ENDPOINT, STACK).items()}
    check("it has them and nothing else", found == names, found)
    LEFT.write_text(json.dumps({**json.loads(LEFT.read_text()), "names": names, "ring": ring}))


def taken_over(formation, names):
    """A new stack takes them over. Gives those that it could."""
    commands = blocks("operate/backup-upgrade.md", "**The stack is gone, its tables and ring are there**")[0]
    commands = commands.replace("tests/aws/kept.sh", f"{ROOT}/tests/aws/kept.sh")
    name_all(names)
    done = attempt(commands, FOLDER, STACK=STACK)
    if "UNAVAILABLE" not in done.stderr:
        check("as printed: a new stack takes them over", done.returncode == 0, [commands, done.stdout, done.stderr])
        return names
    print(f"GAP   {UNIMPORTED}", flush=True)
    formation.delete_stack(StackName=STACK)
    until("the change set that it cannot execute is gone", lambda: is_deleted(formation))
    names = {name: one for name, one in names.items() if name != "KeyRing"}
    name_all(names)
    run("a new stack takes them over", commands.replace(" > kept", " | sed '/^  KeyRing:$/,/^$/d' > kept"), FOLDER, STACK=STACK)
    return names


def name_all(names):
    """Writes kept.json, as docs/operate/backup-upgrade.md shows it."""
    types = {name: template()["Resources"][name]["Type"] for name in names}
    asked = [
        {"ResourceType": types[name], "LogicalResourceId": name, "ResourceIdentifier": {KEPT[types[name]]: physical}}
        for name, physical in names.items()
    ]
    pathlib.Path(FOLDER, "kept.json").write_text(json.dumps(asked))


def is_deleted(formation):
    """Whether no stack has the name."""
    stacks = formation.list_stacks()["StackSummaries"]
    return all(one["StackStatus"] == "DELETE_COMPLETE" for one in stacks if one["StackName"] == STACK)


def back():
    """The rest of the stack is deployed around them: people, tokens and objects are as they were."""
    left, made = json.loads(LEFT.read_text()), completed().functions
    rights.complete(ENDPOINT, STACK)
    found = {name: made[name] for name in left["names"]}
    check("no table, ring or pool was made anew", found == left["names"], found)
    if "KeyRing" not in found:
        client("secretsmanager").put_secret_value(SecretId=made["KeyRing"], SecretString=left["ring"])
        start_anew()
    check("the ring is the one that was", value(made["KeyRing"]) == left["ring"], "another ring")
    counts("the token, in the new stack", left["token"])
    see("", 200)


def completed():
    """The stack, once more with what the stand-in leaves out of the API and the sources."""
    gateway = Gateway(ENDPOINT, STACK)
    gateway.complete()
    complete_sources(ENDPOINT)
    return gateway


def see(below, status):
    """The contact, as the person sees it, or that there is none."""
    left = json.loads(LEFT.read_text())
    session = sign_in.session(ENDPOINT, outputs(ENDPOINT, STACK), "demo@example.com")
    path = f"/v1/teams/{left['team']}/objects/contacts/{left['contact']}{below}"
    media = JSON if status == 200 else PROBLEM
    return Gateway(ENDPOINT, STACK).expect("the contact", status, media, "GET", path, credential=session)[1]


def damaged():
    """A table is restored under another name, before it is damaged, as the stand-in keeps nothing that was."""
    tables, table = client("dynamodb"), resources(ENDPOINT, STACK)["ObjectsTable"]["PhysicalResourceId"]
    names = {"STACK": STACK, "DAMAGED": table, "RESTORED": f"{table}-restored", "TABLE": "ObjectsTable"}
    close, restore, replace, _, reopen = blocks("operate/backup-upgrade.md", "**A table was damaged.**")[:5]
    run("the API is closed", close, FOLDER, **names)
    moment = datetime.datetime.now(datetime.UTC).isoformat()
    run("a table is restored under another name", restore, FOLDER, **names, MOMENT=moment)
    run("the API is open again", reopen, FOLDER, **names)
    for item in tables.scan(TableName=table)["Items"]:
        tables.delete_item(TableName=table, Key={name: item[name] for name in ("pk", "sk")})
    see("", 404)
    commands = replace.replace(" template.yaml", f" {ROOT}/template.yaml")
    run("a template that has it in the place of the damaged one", commands, FOLDER, **names)


def restored():
    """With that template deployed, what was lost is there, what changes is told, and the damaged table stays."""
    left, gateway = json.loads(LEFT.read_text()), completed()
    see("", 200)
    contact, path = {"fields": {"name": "Ada Restored", "email": "ada@example.com"}}, "/objects/contacts?match=email"
    path = f"/v1/teams/{left['team']}{path}"
    gateway.expect("a contact, changed", 200, JSON, "PUT", path, contact, credential=left["token"])
    until("the change is told", lambda: "Ada Restored" in json.dumps(see("/history", 200)))
    tables = [one for one in client("dynamodb").list_tables()["TableNames"] if "ObjectsTable" in one]
    check("the damaged table is there beside the restored one", len(tables) == 2, tables)


if __name__ == "__main__":
    parts = {one.__name__: one for one in (asked, keys, gone, back, damaged, restored)}
    parts[PART]()
