"""The commands that our documents print, run as they are printed."""

import os
import re
import subprocess

from checks import ROOT, check

PATH = f"{ROOT}/.venv/awscli/bin:{os.environ['PATH']}"

# Of queues the command line asks AWS itself, unless it is told by an option.
TO_STAND_IN = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }\n'


def blocks(document, beginning):
    """The commands of a document from that text on, block by block."""
    text = (ROOT / "docs" / document).read_text()
    check(f"docs/{document} has “{beginning}”", beginning in text, beginning)
    return re.findall(r"```sh\n(.*?)```", text[text.index(beginning) :], re.DOTALL)


def inline(document):
    """The commands that a document has within its text."""
    text = (ROOT / "docs" / document).read_text()
    return re.findall(r"`(aws [^`]+)`", re.sub(r"```sh\n.*?```", "", text, flags=re.DOTALL))


def run(what, commands, folder, **variables):
    """Runs a block in a folder. Gives what it printed."""
    done = attempt(commands, folder, **variables)
    check(f"as printed: {what}", done.returncode == 0, [commands, done.stdout[-2000:], done.stderr[-2000:]])
    return done.stdout


def attempt(commands, folder, **variables):
    """Runs a block in a folder, whatever comes of it."""
    shell = ["bash", "-euo", "pipefail", "-c", TO_STAND_IN + commands]
    environment = {**os.environ, "PATH": PATH, **variables}
    return subprocess.run(shell, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
