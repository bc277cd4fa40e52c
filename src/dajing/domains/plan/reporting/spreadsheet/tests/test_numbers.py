from __future__ import annotations

import pytest

from dajing.domains.plan.reporting.spreadsheet.numbers import Unreadable, bare, read_number, scale_of, unit_in


@pytest.mark.parametrize(
    ("cell", "base", "heading", "number"),
    [
        ("１２３４", "户", 1, 1234),
        ("1,234,567", "户", 1, 1234567),
        ("1，234", "户", 1, 1234),
        ("12.34万", "户", 1, 123400),
        ("12.34万户", "户", 1, 123400),
        ("1.5亿", "元", 1, 150_000_000),
        ("3500万元", "亿元", 1, 0.35),
        ("95.5%", "%", 1, 95.5),
        ("９５．５％", "%", 1, 95.5),
        ("955‰", "%", 1, 95.5),
        (12.34, "户", 10_000, 123400),
        ("12.34", "户", 10_000, 123400),
        ("12万", "户", 10_000, 120_000),
        (0, "户", 1, 0),
        ("-5", "户", 1, -5),
        ("1e3", "户", 1, 1000),
    ],
)
def test_a_figure_is_read_in_its_fields_unit(cell, base, heading, number):
    assert read_number(cell, base=base, heading_scale=heading) == pytest.approx(number)


@pytest.mark.parametrize("cell", [None, "", " ", "—", "-", "/", "无"])
def test_an_empty_cell_is_not_reported_and_never_zero(cell):
    assert read_number(cell, base="户") is None


@pytest.mark.parametrize("cell", ["#DIV/0!", "#REF!", "约三百", "12户9", "1.2.3", "12元", True])
def test_what_is_no_number_is_said_so(cell):
    with pytest.raises(Unreadable):
        read_number(cell, base="户")


@pytest.mark.parametrize(
    ("unit", "base", "scale"),
    [
        ("万户", "户", 1e4),
        ("亿元", "亿元", 1),
        ("万元", "亿元", 1e-4),
        ("万", "户", 1e4),
        ("‰", "%", 0.1),
        ("人", "户", None),
    ],
)
def test_units_are_scaled_to_the_fields_own(unit, base, scale):
    assert scale_of(unit, base=base) == (pytest.approx(scale) if scale else None)


def test_a_heading_gives_its_unit_and_its_bare_name():
    assert unit_in("光纤通达\n城镇户数（单位：万户）") == "万户"
    assert bare("光纤通达\n城镇户数（万户）") == bare("光纤通达城镇户数")
