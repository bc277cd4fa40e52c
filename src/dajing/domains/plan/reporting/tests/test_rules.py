from __future__ import annotations

from datetime import date

import pytest

from dajing.domains.plan.pack import Field, Limits
from dajing.domains.plan.reporting import rules
from dajing.domains.plan.reporting.periods import (
    PeriodUnreadable,
    first_day,
    last_day,
    period_of,
    periods,
    previous,
    read_period,
)
from dajing.domains.plan.reporting.rules import Value
from dajing.kernel.text import Text


def field(id, **values):
    given = {"title": Text(zh=id, en=id), "unit": "个", "form": "f", "definition": Text(zh="", en="")} | values
    return Field(id=id, **given)


FIELDS = {
    "whole": field("whole"),
    "part": field("part", part_of="whole"),
    "share": field("share", integer=False, limits=Limits(min=0, max=100)),
}
AREAS = {"130726": Text(zh="蔚县", en="Yu County")}


def found(*values, retired=None):
    return [f.message.zh for f in rules.faults(values=values, fields=FIELDS, areas=AREAS, retired=retired or {})]


def value(field, number, area="130726", row=5):
    return Value(field=field, area=area, number=number, row=row, column="C")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([value("whole", -1)], "小于下限"),
        ([value("share", 101)], "超过上限"),
        ([value("whole", 1.5)], "应为整数"),
        ([value("part", 12), value("whole", 10)], "大于"),
        ([value("whole", 1), value("whole", 2, row=9)], "重复填报"),
        ([value("nothing", 1)], "没有“nothing”"),
        ([value("whole", 1, area="999999")], "不在本表填报范围"),
    ],
)
def test_each_bad_figure_is_named_with_its_row_and_a_cure(values, words):
    listed = rules.faults(values=values, fields=FIELDS, areas=AREAS, retired={})
    assert any(words in fault.message.zh for fault in listed)
    assert all(fault.row and fault.cure.zh and fault.cure.en and fault.message.en for fault in listed)


def test_all_faults_of_a_report_are_named_at_once():
    assert len(found(value("whole", -1), value("share", 101), value("nothing", 1))) == 3


def test_a_retired_code_names_who_carries_it_on():
    listed = rules.faults(
        values=[value("whole", 1, area="130721")], fields=FIELDS, areas=AREAS,
        retired={"130721": Text(zh="宣化区（130705）", en="Xuanhua (130705)")},
    )  # fmt: skip
    assert "130705" in listed[0].cure.zh


def test_a_part_equal_to_its_whole_an_empty_cell_and_the_limits_themselves_are_good():
    assert not found(value("part", 10), value("whole", 10), value("share", 100), value("share", None, area="130726"))[
        1:
    ]


def test_a_period_can_be_reported_from_the_day_after_its_end():
    plan = {"first": 2015, "last": 2020}
    assert rules.period_fault(end=date(2018, 6, 30), today=date(2018, 6, 30), **plan)
    assert rules.period_fault(end=date(2018, 6, 30), today=date(2018, 7, 1), **plan) is None
    for outside in (date(2014, 12, 31), date(2021, 1, 31)):
        found = rules.period_fault(end=outside, today=date(2026, 1, 1), **plan)
        assert found is not None
        assert "2015" in found.zh


@pytest.mark.parametrize(
    ("text", "frequency", "period"),
    [
        ("张家口市2018年6月通信基础设施月报", "month", "2018-06"),
        ("２０１８年０６月", "month", "2018-06"),
        ("二〇一八年十二月", "month", "2018-12"),
        ("统计期：2018-6", "month", "2018-06"),
        ("2018.06", "month", "2018-06"),
        ("2018年第二季度", "quarter", "2018-Q2"),
        ("2018年2季度", "quarter", "2018-Q2"),
        ("2018 Q3", "quarter", None),
        ("2018年Q3", "quarter", "2018-Q3"),
        ("二○一八年", "year", "2018"),
        ("2018年度", "year", "2018"),
        ("制表人：王某", "month", None),
    ],
)
def test_periods_are_read_the_way_departments_write_them(text, frequency, period):
    assert read_period(text=text, frequency=frequency) == period


@pytest.mark.parametrize("text", ["2018年上半年", "2018年第二季度", "2018年13月", "2018年度"])
def test_a_period_of_another_frequency_is_refused_in_words(text):
    with pytest.raises(PeriodUnreadable, match="2018"):
        read_period(text=text, frequency="month")


def test_periods_begin_end_and_follow_each_other():
    assert (first_day(period="2018-Q2"), last_day(period="2018-Q2")) == (date(2018, 4, 1), date(2018, 6, 30))
    assert last_day(period="2020-02") == date(2020, 2, 29)
    assert previous(period="2018-01") == "2017-12"
    assert previous(period="2018-Q1") == "2017-Q4"
    assert period_of(day=date(2018, 8, 1), frequency="quarter") == "2018-Q3"
    assert periods(first=date(2016, 1, 1), last=date(2020, 12, 31), frequency="month")[-1] == "2020-12"
    assert len(periods(first=date(2015, 1, 1), last=date(2020, 12, 31), frequency="quarter")) == 24


def test_nobody_reviews_or_signs_their_own_report():
    unlike = {s.verb: set(s.unlike) for s in rules.STEPS if s.verb in {"review", "sign"}}
    assert unlike == {"review": {"fill", "submit"}, "sign": {"fill", "submit", "review"}}


def test_a_figure_that_grew_more_than_threefold_is_pointed_out():
    before, now = {("whole", "a"): 100.0, ("whole", "b"): 100.0}, {("whole", "a"): 301.0, ("whole", "b"): 299.0}
    assert rules.jumps(now=now, before=before) == [("whole", "a", 100.0, 301.0)]
