"""What the network predicts stands beside what departments reported, and neither changes the other."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dajing.domains.network.streams import COVERAGE
from dajing.domains.plan.loading import plan
from dajing.domains.plan.readings.api import explain, readings, refresh
from dajing.domains.plan.streams import REPORTS
from dajing.kernel.areas.api import units
from dajing.kernel.series.api import append

AT = datetime(2021, 1, 12, tzinfo=UTC)


def report(field: str, area: str, value: float) -> dict[str, object]:
    return {"record_id": f"{field}:{area}", "form": "communications", "field": field, "area": area, "period": "2020-12",
            "value": value, "kind": "reported", "department": "zjk-txb", "revision": 1, "document": None}  # fmt: skip


def predicted(field: str, area: str, value: float) -> dict[str, object]:
    return {"record_id": f"run/{field}/{area}", "field": f"network.{field}", "area": area, "period": "2020-12",
            "value": value, "low": None, "high": None, "kind": "synthetic", "department": None, "revision": 0,
            "document": "digest"}  # fmt: skip


@pytest.mark.django_db
def test_a_prediction_is_shown_beside_the_reported_figure_and_decides_nothing() -> None:
    codes = [unit.code for unit in units(hierarchy="reporting")]
    facts = [report("population_4g_base", c, 1000) for c in codes] + [
        report("covered_population_4g", c, 960) for c in codes
    ]
    append(stream=REPORTS, facts=facts, known_at=AT, backfill=True)
    found = plan(id="zjk-135")
    before = refresh(plan=found, as_of=None, at=AT)
    reported = readings(snapshot=before, indicators=["population_4g"], areas=[found.area], latest=True)[0]
    assert reported.reading.value == pytest.approx(96.0)
    assert reported.status == "met"

    facts = [predicted("people", c, 1000) for c in codes] + [predicted("people_4g", c, 700) for c in codes]
    append(stream=COVERAGE, facts=facts, known_at=AT, backfill=True)
    after = refresh(plan=found, as_of=None, at=AT)
    assert readings(snapshot=after, indicators=["population_4g"], areas=[found.area], latest=True)[0] == reported
    (beside,) = readings(
        snapshot=after, indicators=["population_4g"], areas=[found.area], latest=True, variant="predicted"
    )
    assert (beside.reading.value, beside.reading.kind, beside.status) == (pytest.approx(70.0), "synthetic", None)
    told = explain(plan=found, indicator="population_4g", area=found.area, period="2020-12", variant="predicted")
    assert told.verified
    assert len(told.rows) == 2 * len(codes)
    assert "predicted" not in told.formula.en
    assert "within reach of 4G, computed" in told.formula.en


@pytest.mark.django_db
def test_without_a_run_the_prediction_is_unknown_and_says_why() -> None:
    found = plan(id="zjk-135")
    made = refresh(plan=found, as_of=None, at=AT)
    (beside,) = readings(snapshot=made, indicators=["park_wifi"], areas=[found.area], latest=True, variant="predicted")
    assert beside.reading.value is None
    assert beside.reading.reason is not None
    assert "no computed record" in beside.reading.reason.en
