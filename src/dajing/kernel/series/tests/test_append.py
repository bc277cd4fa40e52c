import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from dajing.kernel.catalog.api import relation
from dajing.kernel.series import declarations
from dajing.kernel.series.api import LATENESS, append, declare, declared
from dajing.kernel.series.flushing import flush
from dajing.kernel.series.models import Batch
from dajing.kernel.series.refusals import FactMalformed, KnownTooEarly, StreamMisdeclared, StreamUnknown, TimeNaive
from dajing.kernel.settings import settings

JUNE = datetime(2018, 6, 1, tzinfo=UTC)
GOOD = {"record_id": "r1", "area": "130702", "value": 1.0, "revision": 1}
pytestmark = [pytest.mark.store_both, pytest.mark.django_db]


@pytest.fixture
def real(monkeypatch):
    """An installation without synthetic data."""
    monkeypatch.setattr(settings(), "demo", "none")


@pytest.mark.parametrize(
    ("change", "column", "said"),
    [
        ({"value": math.nan}, "value", "not a number"),
        ({"value": math.inf}, "value", "not a number"),
        ({"value": 10**400}, "value", "too large"),
        ({"value": "1.0"}, "value", "str was given"),
        ({"value": True}, "value", "bool was given"),
        ({"value": Decimal("1.0")}, "value", "Decimal was given"),
        ({"revision": 1.0}, "revision", "float was given"),
        ({"revision": 2**31}, "revision", "outside"),
        ({"record_id": None}, "record_id", "null"),
        ({"area": "\ud800"}, "area", "encoding"),
        ({"area": 130702}, "area", "int was given"),
        ({"note": "x"}, "note", "no such column"),
    ],
)
def test_a_fact_that_does_not_fit_is_refused_with_its_row_and_column_and_nothing_is_stored(
    stream, change, column, said
):
    with pytest.raises(FactMalformed) as refused:
        append(stream=stream, facts=[GOOD, GOOD, GOOD | change], known_at=JUNE)
    assert (refused.value.values["row"], refused.value.values["column"]) == (3, column)
    assert said in refused.value.message.en
    assert Batch.objects.count() == 0


def test_a_fact_without_a_column_is_refused(stream):
    with pytest.raises(FactMalformed, match="area"):
        append(stream=stream, facts=[{k: v for k, v in GOOD.items() if k != "area"}], known_at=JUNE)


def test_a_bad_fact_late_in_a_long_batch_stores_none_of_it(stream):
    facts = [GOOD] * 45_000 + [GOOD | {"value": math.nan}]
    with pytest.raises(FactMalformed):
        append(stream=stream, facts=facts, known_at=JUNE)
    assert Batch.objects.count() == 0


def test_the_row_named_in_a_long_batch_counts_from_its_start(stream):
    facts = [GOOD] * 45_000 + [GOOD | {"value": math.nan}]
    with pytest.raises(FactMalformed) as refused:
        append(stream=stream, facts=facts, known_at=JUNE)
    assert refused.value.values["row"] == 45_001


def test_an_unknown_stream_is_refused_with_those_that_there_are(stream):
    with pytest.raises(StreamUnknown) as refused:
        append(stream="trial.misspelt", facts=[GOOD], known_at=JUNE)
    assert stream in refused.value.message.en


def test_a_time_without_a_zone_is_refused(stream):
    with pytest.raises(TimeNaive):
        append(stream=stream, facts=[GOOD], known_at=datetime(2018, 6, 1))
    with pytest.raises(TimeNaive):
        relation(stream=stream, as_of=datetime(2018, 6, 1))


def test_a_live_fact_may_not_slip_behind_answers_already_given(stream, real):
    append(stream=stream, facts=[GOOD], known_at=JUNE)
    append(stream=stream, facts=[GOOD], known_at=JUNE - LATENESS)
    with pytest.raises(KnownTooEarly) as refused:
        append(stream=stream, facts=[GOOD], known_at=JUNE - LATENESS - timedelta(seconds=1))
    assert "backfill" in refused.value.message.en
    flush(stream=stream, at=JUNE)
    with pytest.raises(KnownTooEarly):
        append(stream=stream, facts=[GOOD], known_at=JUNE - timedelta(days=1))


def test_history_whose_true_times_are_known_may_be_loaded_afterwards(stream, real):
    append(stream=stream, facts=[GOOD], known_at=JUNE)
    append(stream=stream, facts=[GOOD | {"record_id": "old"}], known_at=JUNE - timedelta(days=365), backfill=True)
    seen = relation(stream=stream, as_of=JUNE - timedelta(days=1)).to_pyarrow().to_pylist()
    assert [row["record_id"] for row in seen] == ["old"]


def test_no_facts_are_no_batch(stream):
    assert append(stream=stream, facts=[], known_at=JUNE) == 0
    assert Batch.objects.count() == 0


@pytest.fixture
def everything():
    name = "trial.everything"
    kinds = ("string", "int32", "int64", "float64", "boolean", "timestamp", "date")
    declare(stream=name, columns={f"a_{kind}": kind for kind in kinds})
    yield name
    declarations._streams.pop(name)


def test_every_type_comes_back_as_it_was_given_from_the_tail_and_from_history(everything):
    east = timezone(timedelta(hours=8))
    fact = {
        "a_string": "宣化区\u0000“10‰”😀",
        "a_int32": -(2**31),
        "a_int64": 2**63 - 1,
        "a_float64": 0.1 + 0.2,
        "a_boolean": False,
        "a_timestamp": datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=east),
        "a_date": date(1900, 2, 28),
    }
    empty = dict.fromkeys(fact)
    append(stream=everything, facts=[fact, empty], known_at=datetime(2018, 6, 1, 8, tzinfo=east))
    for _ in range(2):
        rows = relation(stream=everything).to_pyarrow().to_pylist()
        rows.sort(key=lambda row: row["a_string"] is None)
        assert rows == [fact | {"known_at": JUNE}, empty | {"known_at": JUNE}]
        flush(stream=everything, at=JUNE)


@pytest.mark.parametrize(
    ("name", "columns", "said"),
    [
        ("trial", {"a": "string"}, "slice.name"),
        ("trial.Bad", {"a": "string"}, "slice.name"),
        ("trial.bad", {}, "no columns"),
        ("trial.bad", {"a": "text"}, "none of"),
        ("trial.bad", {"known_at": "timestamp"}, "cannot name"),
        ("trial.bad", {"a b": "string"}, "cannot name"),
    ],
)
def test_a_declaration_that_cannot_be_kept_is_refused(name, columns, said):
    with pytest.raises(StreamMisdeclared) as refused:
        declare(stream=name, columns=columns)
    assert said in refused.value.message.en


def test_declaring_again_is_allowed_only_with_the_same_columns(stream):
    same = {c.name: c.type if c.nullable else f"!{c.type}" for c in declared(stream=stream).columns}
    declare(stream=stream, columns=same)
    with pytest.raises(StreamMisdeclared):
        declare(stream=stream, columns=same | {"more": "string"})
