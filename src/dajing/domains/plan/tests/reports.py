"""Facts of ``plan.reports`` for tests: what a locked sheet would append."""

from __future__ import annotations

from datetime import UTC, datetime

from dajing.domains.plan.periods import last_day
from dajing.domains.plan.streams import REPORTS
from dajing.kernel.areas.api import units
from dajing.kernel.series.api import append

KNOWN = datetime(2018, 7, 12, tzinfo=UTC)
CITY = "130700"


def unit_codes(period=None):
    """The reporting units that stood at the end of ``period``; today's 19 by default."""
    on = last_day(period) if period else None
    return [unit.code for unit in units(hierarchy="reporting", on=on)]


def fact(field, area, period, value, *, revision=1, kind="reported"):
    """One fact; its record id tells all of it."""
    return {
        "record_id": f"{field}:{area}:{period}:{revision}",
        "form": "trial",
        "field": field,
        "area": area,
        "period": period,
        "value": value,
        "kind": kind,
        "department": "zjk-txb",
        "revision": revision,
        "document": None,
    }


def put(*facts, at=KNOWN):
    """Append facts known at ``at``."""
    append(stream=REPORTS, facts=list(facts), known_at=at, backfill=True)


def covered(period, share, *, people=1000, units=None, at=KNOWN, revision=1, kind="reported"):
    """Every unit reports ``share`` percent of its ``people`` covered by 4G."""
    codes = unit_codes(period) if units is None else units
    made = [fact("population_4g_base", u, period, float(people), revision=revision, kind=kind) for u in codes]
    made += [
        fact("covered_population_4g", u, period, share * people / 100, revision=revision, kind=kind) for u in codes
    ]
    put(*made, at=at)
