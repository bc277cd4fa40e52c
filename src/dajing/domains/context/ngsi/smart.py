"""Published @contexts of Smart Data Models, embedded: a client that names one needs no network (clause 4.4).

The table holds the terms of whole subjects, written by ``tests/conformance/smart-data-models/generate.py``; for
Environment it equals the published document in every term. Other subjects are downloaded as any @context is, and so is
the site's one document for all subjects (``smartdatamodels.org/context.jsonld``): subjects disagree on 158 of the 1,636
embedded terms, ``temperature`` among them, and no record says whose IRI that document takes.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

SITE = "https://smartdatamodels.org/"
# where the program publishes a subject's @context; of its branches the main one alone
_ADDRESS = re.compile(
    r"https://(?:raw\.githubusercontent\.com/smart-data-models/dataModel\.(\w+)/(?:refs/heads/)?master"
    r"|smart-data-models\.github\.io/dataModel\.(\w+))/context\.jsonld\Z"
)


@cache
def _subjects() -> dict[str, dict[str, Any]]:
    table = files("dajing.domains.context.ngsi").joinpath("contexts/smart-models.json")
    found: dict[str, dict[str, Any]] = json.loads(table.read_text(encoding="utf-8"))["subjects"]
    return found


def address(*, subject: str) -> str:
    """Where the @context of a subject is published."""
    return f"https://raw.githubusercontent.com/smart-data-models/dataModel.{subject}/master/context.jsonld"


def subjects() -> list[str]:
    """The subjects that are embedded."""
    return list(_subjects())


def document(url: str) -> dict[str, Any] | None:
    """The @context document that is published at an address, when it is embedded."""
    match = _ADDRESS.match(url)
    return _document(match[1] or match[2]) if match else None


@cache
def _document(subject: str) -> dict[str, Any] | None:
    packed = _subjects().get(subject)
    if packed is None:
        return None
    terms = {term: f"{SITE}dataModel.{subject}/{term}" for term in packed["own"].split()}
    terms |= {term: SITE + term for term in packed["common"].split()}
    return {"@context": dict(sorted({**terms, **packed["other"]}.items()))}
