"""Tries every operation of the document with what it allows and what it forbids, by schemathesis.

What fails must be explained in explained.txt: at most five lines, each with the check, the status, the code and the
places of the answer, the operations it is about as a pattern, and the reason.
"""

import base64
import collections
import contextlib
import json
import os
import re
import subprocess
import urllib.request

from checks import ROOT, Client, check

HERE = ROOT / "tests" / "clients"
DOCUMENT = ROOT / "docs" / "reference" / "openapi.json"
SECONDS_MAX = 120
EXPLAINED_MAX = 5
SEED = "20261128"


def world(owner):
    """Things that are there to be asked for: their ids by the names of parameters of paths."""
    example = {
        name: schema["examples"][0]
        for name, schema in json.loads(DOCUMENT.read_text())["components"]["schemas"].items()
        if "examples" in schema
    }
    team = owner.do("POST", "/v1/teams", {"name": "Fuzzed", "slug": "fuzzed"})["id"]
    base = f"/v1/teams/{team}"
    types = [f"customers-{number}" for number in range(4)]
    ids = collections.defaultdict(list, team=[team], type=[], slug=["name", "amount"], field=["friend"])
    for slug in types:
        owner.do("POST", f"{base}/object-types", example["NewObjectType"] | {"slug": slug})
        friend = {"slug": "friend", "label": "Friend", "type": "relationship", "searchable": True}
        friend["settings"] = {"object_type": slug}
        owner.do("POST", f"{base}/object-types/{slug}/fields", friend)
    ids["type"] = types
    for number in range(24):
        fields = {"fields": {"email": f"{number}@example.com", "amount": number}}
        ids["id"].append(owner.do("POST", f"{base}/objects/{types[number % 2]}", fields)["id"])
    for number in range(8):
        hook = example["NewWebhook"] | {"name": f"hook {number}", "object_types": types[:1]}
        hook["url"] += str(number)
        ids["webhook"].append(owner.do("POST", f"{base}/webhooks", hook)["id"])
        ids["token"].append(owner.do("POST", "/v1/tokens", example["NewToken"] | {"name": f"token {number}"})["id"])
        invitation = {"email": f"guest{number}@example.com", "role": "member"}
        ids["invitation"].append(owner.do("POST", f"{base}/invitations", invitation)["id"])
        form = owner.do("POST", f"{base}/forms", example["NewForm"] | {"object_type": types[0], "status": "open"})
        ids["form"].append(form["id"])
        ids["key"].append(form["key"])
        view = example["NewView"] | {"name": f"view {number}", "object_type": types[number % 2]}
        ids["view"].append(owner.do("POST", f"{base}/views", view)["id"])
        ids["upload"].append(sent(owner, f"{base}/uploads", f"file {number}.txt"))
    ids["user"].append(owner.do("GET", "/v1/me")["user"]["id"])
    tested = owner.do("POST", f"{base}/webhooks/{ids['webhook'][0]}/test")
    ids["delivery"].append(tested["id"])
    return ids


def sent(owner, uploads, filename):
    """The id of a file whose bytes are there."""
    content = b"some text"
    begun = owner.do("POST", uploads, {"filename": filename, "size": len(content)})
    put = begun["put"]
    request = urllib.request.Request(put["url"], content, put["headers"], method=put["method"])
    urllib.request.urlopen(request, timeout=30).close()
    owner.do("POST", f"{uploads}/{begun['id']}/complete", {})
    return begun["id"]


def settings(ids):
    """The settings of schemathesis: everything, and mostly the ids of what is there."""
    lines = [
        f"seed = {SEED}",
        "continue-on-failure = true",
        "workers = 1",
        "[cache]",
        "enabled = false",
        "[generation]",
        'database = "none"',
        "max-examples = 8",
        "no-shrink = true",
    ]
    for name, values in ids.items():
        lines += [f"[dictionaries.{name}]", f"values = {json.dumps(values)}"]
        lines += [f'[parameters."path.{name}"]', f'dictionary = "{name}"', "probability = 0.9"]
    return "\n".join(lines) + "\n"


def text(message):
    """A body as a text, however the report holds it."""
    content = message.get("content", message.get("body")) or ""
    if isinstance(content, dict):
        content = base64.b64decode(content["$base64"]).decode(errors="replace")
    return content


def told(body, why):
    """The code of a refusal and the places that it names, or how many operations of a batch were refused; of what was taken,
    the word of the schema that was broken."""
    try:
        answer = json.loads(body)
        if answer.get("failed"):
            return f"failed:{answer['failed']}"
        return ":".join([answer["code"], *sorted({fault["pointer"] for fault in answer["errors"]})])
    except (ValueError, TypeError, KeyError, AttributeError):
        broken = re.search(r"(?:violates `|larger than |smaller than )(\w+)", why)
        return broken[1] if broken else "-"


def recorded(report):
    """What was sent, answered and checked, by operation."""
    # Where it was ended, the last line may be none.
    for line in report.read_text().splitlines():
        with contextlib.suppress(ValueError):
            yield json.loads(line).get("ScenarioFinished", {}).get("recorder", {})


def failures(recorders):
    """What has failed, by check, status, code and places, and operation; and what was sent and said."""
    for recorder in recorders:
        for case, results in recorder.get("checks", {}).items():
            interaction = recorder["interactions"].get(case, {})
            request, response = interaction.get("request") or {}, interaction.get("response") or {}
            body = text(response)
            for result in results:
                if result["status"] != "failure":
                    continue
                failure = result["failure_info"]["failure"]
                status, operation = str(response.get("status_code", "-")), failure.get("operation") or recorder["label"]
                why = failure.get("message", "")
                yield {
                    "key": (result["name"], status, told(body, why), operation),
                    "why": why,
                    "sent": [request.get("method"), request.get("uri"), request.get("headers"), text(request)],
                    "said": body[:1000],
                }


def explained():
    """The list of what may fail."""
    lines = [line.split(None, 4) for line in (HERE / "explained.txt").read_text().splitlines() if line]
    check(f"at most {EXPLAINED_MAX} kinds of failures are explained", len(lines) <= EXPLAINED_MAX, lines)
    return lines


def is_explained(key, lines):
    """Whether one of the lines is about this failure."""
    return any(all(re.fullmatch(pattern, part) for pattern, part in zip(line, key, strict=False)) for line in lines)


def trial(work, url, session):
    """Fuzzes for two minutes at the most, and looks at what failed."""
    (work / "schemathesis.toml").write_text(settings(world(Client(url, session))))
    report = work / "fuzz.ndjson"
    command = [
        "schemathesis",
        "--config-file",
        work / "schemathesis.toml",
        "run",
        DOCUMENT,
        "--url",
        url,
        "--checks",
        "all",
    ]
    command += ["--report-ndjson-path", report, "--no-color", "--output-sanitize", "false"]
    hooks = {"SCHEMATHESIS_HOOKS": "fuzz_hooks", "FUZZ_URL": url, "FUZZ_SESSION": session}
    environment = os.environ | hooks | {"PYTHONPATH": f"{HERE}:{os.environ['PYTHONPATH']}"}
    with (work / "fuzz.log").open("w") as log:
        process = subprocess.Popen(command, cwd=work, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            process.wait(timeout=SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()
    lines, recorders = explained(), list(recorded(report))
    left = collections.defaultdict(list)
    for failure in failures(recorders):
        if not is_explained(failure["key"], lines):
            left[failure["key"]].append(failure)
    (work / "left.json").write_text(json.dumps([found[0] | {"times": len(found)} for found in left.values()], indent=1))
    check("every failure of the fuzzer is explained", not left, [found[0] for found in left.values()])
    # What follows from one operation to the next is told as a whole.
    tried = {recorder["label"] for recorder in recorders if recorder.get("interactions")} - {"Stateful tests"}
    paths = json.loads(DOCUMENT.read_text())["paths"]
    wanted = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    # On a slow machine the two minutes may end before it has come to all of them.
    is_over = process.returncode in (0, 1)
    requests = sum(len(recorder.get("interactions", {})) for recorder in recorders)
    what = f"the fuzzer has tried {len(tried)} of {len(wanted)} operations with {requests} requests"
    check(what, tried <= wanted and (wanted <= tried or not is_over), sorted(wanted ^ tried))
