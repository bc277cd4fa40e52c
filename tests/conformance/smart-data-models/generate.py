"""Write the table of Smart Data Models terms that the broker embeds (``ngsi/contexts/smart-models.json``).

The package pysmartdatamodels (PyPI, licence Apache-2.0) carries the whole catalogue offline. It is
needed here alone, not at run time:

    pip install --no-deps --target pkg pysmartdatamodels
    python tests/conformance/smart-data-models/generate.py pkg [--compare CONTEXT.jsonld SUBJECT]

``--compare`` holds the table against a ``context.jsonld`` that a subject publishes, term by term, and writes nothing.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[3] / "src/dajing/domains/context/ngsi/contexts/smart-models.json"
SITE = "https://smartdatamodels.org/"
# the subjects of the models that a city's plan needs; each is taken whole, as its published context is
SUBJECTS = (
    "Alert", "Building", "CallComplaints", "Device", "Environment", "Forestry", "IssueTracking",
    "KeyPerformanceIndicator", "OpenStreetMap", "Parking", "ParksAndGardens", "PointOfInterest", "RiskManagement",
    "SDG", "Streetlighting", "TourismDestinations", "Transportation", "UrbanMobility", "WasteManagement",
    "WaterQuality", "Weather", "WifiNetwork",
)  # fmt: skip


def terms(*, records: list[dict[str, Any]], subject: str) -> dict[str, str]:
    """Every term of a subject with its IRI: entity types, attributes, members of structured values."""
    repository = f"dataModel.{subject}"
    own = [r for r in records if r["repoName"] == repository]
    found = {r["property"]: r["context"] for r in own if "parentId" in r}
    found |= {r["property"]: r["context"] for r in own if "parentId" not in r}
    found |= {r["dataModel"]: f"{SITE}{repository}/{r['dataModel']}" for r in own}
    return {term: iri for term, iri in sorted(found.items()) if not iri.startswith("@")}


def packed(*, found: dict[str, str], subject: str) -> dict[str, Any]:
    """``own`` terms lie below the subject, ``common`` ones below the site, ``other`` ones anywhere."""
    below = {term: f"{SITE}dataModel.{subject}/{term}" for term in found}
    own = [t for t, iri in found.items() if iri == below[t]]
    common = [t for t, iri in found.items() if iri == SITE + t]
    other = {t: iri for t, iri in found.items() if t not in {*own, *common}}
    return {"own": " ".join(own), "common": " ".join(common), "other": other}


def compare(*, found: dict[str, str], published: Path) -> int:
    """Print the terms whose IRI differs; how many."""
    context = json.loads(published.read_text(encoding="utf-8"))["@context"]
    prefixes = {"ngsi-ld:": "https://uri.etsi.org/ngsi-ld/", "geojson:": "https://purl.org/geojson/vocab#"}
    different = 0
    for term, definition in context.items():
        iri = definition if isinstance(definition, str) else definition["@id"]
        for prefix, base in prefixes.items():
            iri = iri.replace(prefix, base)
        if not iri.startswith("@") and term not in ("ngsi-ld", "geojson") and found.get(term) != iri:
            different += 1
            print(f"{term}: published {iri}, here {found.get(term)}")
    print(f"{len(context)} terms, {different} differ")
    return different


def main(arguments: list[str]) -> int:
    """Write the table, or compare."""
    package = Path(arguments[0])
    assets = package / "pysmartdatamodels/model-assets/smartdatamodels.json.gz"
    records = json.loads(gzip.decompress(assets.read_bytes()))
    if "--compare" in arguments:
        published, subject = arguments[-2:]
        return 1 if compare(found=terms(records=records, subject=subject), published=Path(published)) else 0
    version = next(package.glob("pysmartdatamodels-*.dist-info")).name.split("-")[1].removesuffix(".dist")
    table = {
        "source": f"pysmartdatamodels {version.removesuffix('.dist')} (smartdatamodels.org); names and IRIs alone",
        "license": "Apache-2.0 (package); each model CC BY 4.0",
        "subjects": {s: packed(found=terms(records=records, subject=s), subject=s) for s in SUBJECTS},
    }
    TABLE.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{TABLE.name}: {TABLE.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
