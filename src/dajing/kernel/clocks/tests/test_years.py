"""A gazetted year is loaded from a file: every process counts by it, and a wrong file is told in full."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from dajing.kernel.clocks import years
from dajing.kernel.clocks.api import gazetted_years, is_working, settled, use, working_day_after
from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger.models import Entry

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
BY = Actor(id="person:1", name="甲")
# 2026 as the State Council gazetted it (国办发明电〔2025〕7号), to be compared with the library's own table.
NOTICE_2026 = """
year = 2026
notice = "国办发明电〔2025〕7号"
off = ["2026-01-01/2026-01-03", "2026-02-15/2026-02-23", "2026-04-04/2026-04-06", "2026-05-01/2026-05-05",
       "2026-06-19/2026-06-21", "2026-09-25/2026-09-27", "2026-10-01/2026-10-07"]
worked = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]
"""
MADE_UP = """
year = 2027
notice = "made up for this test"
off = ["2027-01-01", "2027-05-01/2027-05-05", "2027-10-01/2027-10-07"]
worked = ["2027-10-09"]
"""


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    both = (tmp_path / "pack", tmp_path / "own")
    monkeypatch.setattr(years, "folders", lambda: both)
    monkeypatch.setattr(years._Renewed, "seen", ())
    yield both
    use(years=())


def days_of(year):
    return [date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year, 12, 28).toordinal())]


def test_the_year_read_from_the_notice_gives_the_same_days_as_the_library():
    before = [is_working(day) for day in days_of(2026)]
    assert use(years=(years.read_year(text=NOTICE_2026.encode()),))
    assert [is_working(day) for day in days_of(2026)] == before
    assert len(before) - sum(before) > 100


@pytest.mark.django_db(transaction=True)
def test_a_loaded_year_is_counted_by_at_once_and_stands_in_the_ledger():
    assert not settled(date(2027, 1, 4))
    assert working_day_after(day=date(2026, 12, 31), count=1) == (
        type(working_day_after(day=date(2026, 12, 31), count=1))(date(2027, 1, 1), True)
    )
    years.load_year(text=MADE_UP.encode(), by=BY, at=AT)
    assert gazetted_years()[-1] == 2027
    due = working_day_after(day=date(2026, 12, 31), count=1)
    assert (due.day, due.provisional) == (date(2027, 1, 4), False)
    assert is_working(date(2027, 10, 9))
    assert not settled(date(2027, 12, 29))
    assert Entry.objects.get(act="clocks.year.loaded").subject == "calendar:2027"


def test_a_file_that_another_process_wrote_is_seen_and_a_broken_one_stops_nothing(folders):
    assert not years.renew()
    folders[1].mkdir()
    (folders[1] / "2027.toml").write_text(MADE_UP, encoding="utf-8")
    (folders[1] / "2028.toml").write_text("year = ", encoding="utf-8")
    assert years.renew()
    assert gazetted_years()[-1] == 2027
    assert not years.renew()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("2027-05-01/2027-05-05", "2027-05-02"), "05-01"),
        (('worked = ["2027-10-09"]', 'worked = ["2027-10-11"]'), "no weekend"),
        (('worked = ["2027-10-09"]', 'worked = ["2027-10-02"]'), "both off and worked"),
        (('"2027-01-01",', '"2027-01-01", "2026-11-30",'), "does not belong"),
        (('"2027-01-01",', '"2027-02-30",'), "it needs year"),
        (('"2027-01-01",', '"2027-01-01/2999-01-01",'), "it needs year"),
        (("year = 2027", "year = '2027'"), "it needs year"),
        (("notice =", "title ="), "it needs year"),
        (('notice = "made up for this test"', 'notice = ""'), "number of the notice"),
        (("worked", "extra = 1\nworked"), "extra"),
    ],
)
def test_a_year_that_cannot_be_is_refused_with_the_reason(change, said):
    with pytest.raises(years.YearInvalid) as refused:
        years.read_year(text=MADE_UP.replace(*change).encode())
    assert said in refused.value.message.en


@pytest.mark.parametrize("text", [b"", b"\xff\xfe", b"[" * 9000, b"x" * 200_000, b"off = 3\nyear = 2027\nnotice = 'x'"])
def test_rubbish_is_refused(text):
    with pytest.raises(years.YearInvalid):
        years.read_year(text=text)
