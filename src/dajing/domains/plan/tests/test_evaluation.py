from datetime import UTC, datetime, timedelta

import pytest

from dajing.domains.plan.evaluation.service import (
    EvaluationChanged,
    NotAllowedToFreeze,
    TooEarlyToEvaluate,
    VintageNotYet,
    evaluate,
    freeze,
    frozen,
)
from dajing.domains.plan.models import EvaluationRow, Snapshot
from dajing.domains.plan.readings.structs import Status
from dajing.domains.plan.tests.reports import covered, fact, put, unit_codes
from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger.api import detail_of

pytestmark = pytest.mark.django_db
VINTAGE = datetime(2021, 6, 30, 12, tzinfo=UTC)
NOW = datetime(2022, 1, 1, tzinfo=UTC)
JANUARY = datetime(2021, 1, 12, tzinfo=UTC)
OFFICER = Actor(id="person:1", name="officer", roles=frozenset({"plan.officer"}))


def line(found, indicator):
    return next(line for line in found.lines if line.indicator == indicator)


def evaluated(**options):
    return evaluate(plan="zjk-135", vintage=VINTAGE, at=NOW, **options)


def test_every_target_is_met_missed_or_unknown_with_the_first_period_it_was_met():
    for period, share in (("2019-12", 96), ("2020-06", 94), ("2020-12", 95)):
        covered(period, share, at=JANUARY)
    for unit in unit_codes():
        put(fact("online_sales", unit, "2020-12", 20.0), fact("total_sales", unit, "2020-12", 100.0), at=JANUARY)
    found = evaluated()
    assert len(found.lines) == 13
    reached = line(found, "population_4g")
    assert (reached.status, reached.value, reached.first_met) == (Status.MET, 95.0, "2019-12")
    strict = line(found, "online_sales_share")
    assert (strict.value, strict.status) == (20.0, Status.MISSED), "more than 20 %, not 20 %"
    assert line(found, "iptv").status is Status.UNKNOWN
    assert found.count(Status.UNKNOWN) == 11


def test_the_same_vintage_gives_the_same_digest_and_a_later_revision_does_not_change_it():
    covered("2020-12", 95, at=JANUARY)
    first = evaluated()
    covered("2020-12", 50, revision=2, at=VINTAGE + timedelta(days=3))
    Snapshot.objects.all().delete()
    again = evaluated()
    assert again.digest == first.digest
    later = evaluate(plan="zjk-135", vintage=VINTAGE + timedelta(days=4), at=NOW)
    assert line(later, "population_4g").status is Status.MISSED
    assert later.digest != first.digest


def test_what_is_frozen_is_in_the_ledger_and_freezing_again_changes_nothing():
    covered("2020-12", 95, at=JANUARY)
    sealed = freeze(plan="zjk-135", vintage=VINTAGE, by=OFFICER, at=NOW)
    assert detail_of(entry=sealed.entry)["digest"] == sealed.digest
    again = freeze(plan="zjk-135", vintage=VINTAGE, by=OFFICER, at=NOW + timedelta(days=1))
    assert (again.digest, again.entry, again.frozen_at) == (sealed.digest, sealed.entry, sealed.frozen_at)
    assert EvaluationRow.objects.count() == 1
    assert [e.digest for e in frozen(plan="zjk-135")] == [sealed.digest]


def test_knowledge_smuggled_in_afterwards_is_refused_and_the_sealed_one_stays():
    covered("2020-12", 95, at=JANUARY)
    sealed = freeze(plan="zjk-135", vintage=VINTAGE, by=OFFICER, at=NOW)
    covered("2020-12", 50, revision=2, at=JANUARY + timedelta(days=1))
    Snapshot.objects.all().delete()
    with pytest.raises(EvaluationChanged, match=sealed.digest[:12]):
        freeze(plan="zjk-135", vintage=VINTAGE, by=OFFICER, at=NOW)
    assert [e.digest for e in frozen(plan="zjk-135")] == [sealed.digest]


def test_too_early_too_late_and_by_the_wrong_person_are_refused():
    with pytest.raises(TooEarlyToEvaluate, match="2020-12-31"):
        evaluate(plan="zjk-135", vintage=datetime(2020, 6, 30, tzinfo=UTC), at=NOW)
    with pytest.raises(VintageNotYet):
        evaluate(plan="zjk-135", vintage=NOW + timedelta(days=1), at=NOW)
    with pytest.raises(NotAllowedToFreeze, match=r"plan\.officer"):
        freeze(plan="zjk-135", vintage=VINTAGE, by=Actor(id="person:2", name="clerk"), at=NOW)
