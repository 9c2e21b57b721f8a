"""What the documents show of requests and answers, to be compared with real ones."""

import pathlib
import re

FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FORMS = (
    (re.compile(r"([a-z]+_)([0-9A-Za-z]{22}|\w*…)"), r"\1"),
    (re.compile(r"(wh(?:pk|sec)_)[0-9A-Za-z+/]{43}="), r"\1"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"), "time"),
)


def blocks(document, language):
    """The fenced blocks of a document that are of a language, in their order."""
    found = FENCED.findall(pathlib.Path(document).read_text())
    return [code for name, code in found if name == language]


def form(value):
    """The value without what differs each time: ids and keys have only their beginnings, and times are all the same."""
    if isinstance(value, dict):
        return {name: form(one) for name, one in value.items()}
    if isinstance(value, list):
        return [form(one) for one in value]
    if isinstance(value, str):
        for pattern, short in FORMS:
            if pattern.fullmatch(value):
                return pattern.sub(short, value)
    return value


def is_part(shown, real):
    """Whether all that is shown is so, though there may be more of it."""
    if isinstance(shown, dict) and isinstance(real, dict):
        return all(name in real and is_part(one, real[name]) for name, one in shown.items())
    return form(shown) == form(real)
