"""Plain statements store and give what the models do, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection

from dajing.kernel.casework.models import CaseEvent, ClockRow
from dajing.kernel.rows import plain

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]
AT = datetime(2018, 9, 28, 2, 3, 4, 567, tzinfo=UTC)
LINE = {"case": "c", "seq": 1, "verb": "open", "at": AT, "by": "person:1", "post": "", "sealed": b"\0\xff",
        "data": {"zh": "井盖", "deep": [1, None, 2.5, "%s"]}}  # fmt: skip
RUN = {"case": "c", "run": 0, "clock": "x", "started": AT, "stopped": None, "warn_at": AT.replace(microsecond=0),
       "due": None, "provisional": True, "level": 0, "next_at": AT}  # fmt: skip


def stored(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table._meta.db_table} ORDER BY id")
        return [list(row)[1:] for row in cursor.fetchall()]


def test_a_plain_row_is_byte_for_byte_the_row_of_the_model():
    CaseEvent.objects.create(**LINE, key="a")
    plain.add(into=CaseEvent, rows=[LINE | {"case": "d", "key": "b"}])
    ClockRow.objects.create(**RUN)
    plain.add(into=ClockRow, rows=[RUN | {"case": "d"}, RUN | {"case": "e"}])
    for table in (CaseEvent, ClockRow):
        by_model, plainly, *_ = [[v for v in row if v not in ("c", "d", "a", "b")] for row in stored(table)]
        assert [bytes(v) if isinstance(v, memoryview) else v for v in by_model] == [
            bytes(v) if isinstance(v, memoryview) else v for v in plainly
        ]


def test_what_is_read_plainly_equals_what_the_model_reads():
    plain.add(into=CaseEvent, rows=[LINE | {"key": "a"}])
    plain.add(into=ClockRow, rows=[RUN])
    for table, names in ((CaseEvent, (*LINE, "key")), (ClockRow, tuple(RUN))):
        found = plain.read(of=table, columns=names, where='"case" = %s', given=["c"])
        expected = list(table.objects.values_list(*names))
        assert [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in found] == [
            tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in expected
        ]
        assert [type(v) for v in found[0]] == [type(v) for v in expected[0]]


def test_a_change_says_how_many_rows_it_met_and_nothing_can_be_smuggled_in():
    plain.add(into=ClockRow, rows=[RUN, RUN | {"run": 1}])
    assert plain.change(of=ClockRow, values={"stopped": AT, "clock": "'; --"}, where={"case": "c"}) == 2
    assert plain.change(of=ClockRow, values={"stopped": None}, where={"case": "' OR ''='"}) == 0
    assert set(ClockRow.objects.values_list("clock", "stopped")) == {("'; --", AT)}
    with pytest.raises(IntegrityError):
        plain.add(into=ClockRow, rows=[RUN])
