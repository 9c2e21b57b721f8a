"""The functions of docs/start/forms.md make the same contact of what Typeform and Jotform send, in Python and in Node."""

import json
import subprocess

from checks import ROOT, check
from samples import blocks

DOCUMENT = ROOT / "docs" / "start" / "forms.md"
WANTED = {
    "typeform": {"email": "ada@example.com", "name": "Ada Lovelace", "newsletter": True},
    "jotform": {"email": "ada@example.com", "name": "Ada Lovelace", "company": "Engines"},
}


def verified():
    """Runs both, on the samples that stand beside them."""
    samples = dict(zip(WANTED, blocks(DOCUMENT, "json")))
    for (form, wanted), python, node in zip(WANTED.items(), blocks(DOCUMENT, "python"), blocks(DOCUMENT, "js")):
        names = {}
        exec(python, names)  # It stands in our own document.
        found = names[f"fields_of_{form}"](json.loads(samples[form]))
        check(f"a submission of {form} becomes a contact, in Python", found == wanted, found)
        script = f"{node}\nconsole.log(JSON.stringify(fieldsOf{form.title()}({samples[form]})));"
        done = subprocess.run(["node", "-e", script], capture_output=True, text=True, timeout=60)
        found = json.loads(done.stdout) if done.returncode == 0 else done.stderr
        check(f"a submission of {form} becomes a contact, in Node", found == wanted, found)
