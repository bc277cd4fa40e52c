"""Hand-worked from the notices of the General Office of the State Council, and against a second library."""

from datetime import UTC, date, datetime, timedelta

import holidays as second
import pytest

from dajing.kernel.clocks.api import (
    calendar_day_after,
    day_of,
    end_of,
    is_working,
    settled,
    working_day_after,
    working_days_between,
)

# Where the second library (0.86) errs: 国办发明电〔2019〕3号 gives 1 to 4 May off and 28 April and 5 May worked.
SECOND_ERRS = {date(2019, 4, 28), date(2019, 5, 2), date(2019, 5, 3), date(2019, 5, 5)}


def test_the_spring_festival_of_2020_ended_on_2_february_as_extended():
    # 国办发明电〔2019〕16号: 24–30 January off, 19 January and 1 February worked; 〔2020〕1号: off until 2 February.
    assert is_working(date(2020, 1, 19))
    assert not any(is_working(date(2020, 1, 24) + timedelta(days=n)) for n in range(10))
    assert working_day_after(day=date(2020, 1, 20), count=5).day == date(2020, 2, 4)
    assert working_day_after(day=date(2020, 1, 31), count=10).day == date(2020, 2, 14)


def test_may_day_of_2019_had_four_days_and_two_made_up_sundays():
    assert working_day_after(day=date(2019, 4, 26), count=3).day == date(2019, 4, 30)
    assert working_day_after(day=date(2019, 4, 30), count=1).day == date(2019, 5, 5)
    assert working_day_after(day=date(2019, 4, 30), count=10).day == date(2019, 5, 16)


def test_the_saturday_before_new_year_2006_was_worked():
    # 国办发明电〔2005〕35号: 1 to 3 January off, 31 December (Saturday) worked.
    assert working_day_after(day=date(2005, 12, 30), count=1).day == date(2005, 12, 31)
    assert working_day_after(day=date(2005, 12, 30), count=2).day == date(2006, 1, 4)


def test_the_tenth_working_day_after_a_year_ends_leaves_out_new_year():
    # 2020: 1 January off; 2, 3, 6–10, 13–15 January are ten.
    due = working_day_after(day=date(2019, 12, 31), count=10)
    assert (due.day, due.provisional) == (date(2020, 1, 15), False)


@pytest.mark.parametrize("year", range(2004, 2027))
def test_a_second_library_agrees_on_every_day_of_every_gazetted_year(year):
    other = second.country_holidays("CN", years=year)
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    differing = {day for day in days if day.year == year and is_working(day) != other.is_working_day(day)}
    assert differing == {day for day in SECOND_ERRS if day.year == year} or differing == set()


def test_every_gazetted_year_is_among_those_compared():
    assert settled(date(2004, 1, 1))
    assert not settled(date(2003, 12, 31))
    assert settled(date(2026, 12, 28))
    assert not settled(date(2027, 1, 4)), "a new year was gazetted: widen the comparison above"


def test_the_end_of_the_last_gazetted_year_may_still_be_moved():
    assert not working_day_after(day=date(2026, 12, 25), count=1).provisional
    assert working_day_after(day=date(2026, 12, 25), count=2).provisional  # 29 December 2026
    assert working_day_after(day=date(2026, 12, 31), count=10).provisional


def test_calendar_days_count_every_day_and_roll_only_when_asked():
    # 15 days after 17 January 2020 is 1 February, still off after the extension; the next worked day is the 3rd.
    assert calendar_day_after(day=date(2020, 1, 17), count=15, roll=False).day == date(2020, 2, 1)
    assert calendar_day_after(day=date(2020, 1, 17), count=15, roll=True).day == date(2020, 2, 3)
    assert not calendar_day_after(day=date(2030, 1, 1), count=9, roll=False).provisional
    assert calendar_day_after(day=date(2030, 1, 1), count=9, roll=True).provisional


def test_a_day_ends_at_midnight_in_china():
    assert end_of(date(2018, 6, 1)) == datetime(2018, 6, 1, 16, tzinfo=UTC)
    assert day_of(datetime(2018, 6, 1, 15, 59, 59, tzinfo=UTC)) == date(2018, 6, 1)
    assert day_of(datetime(2018, 6, 1, 16, tzinfo=UTC)) == date(2018, 6, 2)


def test_a_day_in_the_years_of_summer_time_ended_an_hour_earlier():
    # China kept summer time (UTC+9) from 4 May to 14 September 1986.
    assert end_of(date(1986, 7, 1)) == datetime(1986, 7, 1, 15, tzinfo=UTC)


def test_days_are_not_counted_backwards():
    with pytest.raises(ValueError, match="forward"):
        working_day_after(day=date(2018, 6, 1), count=-1)


def test_working_days_between_two_days_are_those_that_a_walk_over_them_meets():
    days = [date(2017, 12, 29) + timedelta(days=n) for n in range(800)]
    for first, last in ((0, 0), (0, 1), (3, 2), (0, 799), (1, 400), (2, 368), (366, 370)):
        walked = sum(is_working(day) for day in days[first + 1 : last + 1])
        assert working_days_between(first=days[first], last=days[last]) == walked
