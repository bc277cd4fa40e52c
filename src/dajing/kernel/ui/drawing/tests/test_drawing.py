"""Charts and maps are plain numbers: unknown values leave gaps, equal squares claim no boundary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from dajing.kernel.ui.drawing.maps import cartogram, outline, steps
from dajing.kernel.ui.drawing.scale import Scale, bounds, ticks
from dajing.kernel.ui.drawing.series import Ahead, chart, line, spark


def test_an_unknown_value_breaks_the_line() -> None:
    assert line([(0, 0), (1, 1), None, (3, 3), (4, 4)]) == "M0 0L1 1M3 3L4 4"


def test_a_sparkline_of_nothing_draws_nothing() -> None:
    drawn = spark([None, None], goal=80)
    assert drawn.path == ""
    assert drawn.end is None


def test_a_sparkline_keeps_its_target_in_sight() -> None:
    drawn = spark([10, 20, 30], goal=100)
    assert drawn.goal == pytest.approx(3, abs=0.1)
    assert drawn.end is not None
    assert drawn.end[1] > 20


@given(st.floats(-1e6, 1e6), st.floats(0.001, 1e6))
def test_ticks_are_round_and_cover_the_range(low: float, width: float) -> None:
    marks = ticks(low, low + width)
    room = (low + width) * 1e-6 + 1e-6
    assert marks[0] <= low + abs(room)
    assert marks[-1] >= low + width - abs(room)
    assert 2 <= len(marks) <= 12


def test_flat_series_get_room_around_them() -> None:
    assert bounds([5, 5]) == (4.5, 5.5)
    assert bounds([]) == (0.0, 1.0)
    assert Scale(0, 0, 0, 100)(0) == 0


def test_the_forecast_band_starts_at_the_last_known_value() -> None:
    drawn = chart(
        labels=["a", "b", "c"],
        values=[1, 2, None],
        titles=["", "", ""],
        goal=4,
        ahead=[Ahead(2, 3, 4)],
        ahead_labels=["d"],
    )
    last = drawn.dots[-1]
    assert drawn.band.startswith(f"M{last.x:g} {last.y:g}L")
    assert drawn.band.endswith("Z")
    assert [tick.label for tick in drawn.columns] == ["a", "b", "c", "d"]


def test_a_cartogram_gives_each_area_its_own_square_in_rough_position() -> None:
    places = {"nw": (114.0, 42.0), "ne": (116.0, 42.0), "sw": (114.0, 40.0), "se": (116.0, 40.0)}
    drawn = cartogram(places, others=["zone"])
    spots = {shape.code: (shape.x, shape.y) for shape in drawn.shapes}
    assert len(set(spots.values())) == 5
    assert spots["nw"][0] < spots["ne"][0]
    assert spots["nw"][1] < spots["sw"][1] < spots["zone"][1]
    assert not drawn.real


def test_real_shapes_keep_their_places_and_proportions() -> None:
    drawn = outline({"west": box(114, 40, 115, 41), "east": box(115, 40, 116, 41)}, width=560)
    west, east = (next(s for s in drawn.shapes if s.code == code) for code in ("west", "east"))
    assert west.x < east.x
    # One degree of longitude at 40.5 N is cos(40.5°) = 0.760 of one of latitude.
    assert drawn.height - 8 == pytest.approx((560 - 8) / 2 / 0.7604, abs=1)


def test_an_area_too_small_to_draw_does_not_fail() -> None:
    drawn = outline({"dot": Point(114, 40).buffer(1e-6), "land": box(114, 40, 116, 41)})
    assert len(drawn.shapes) == 2


def test_classes_hold_every_known_value_and_none_that_is_unknown() -> None:
    made = steps([0, 50, 100, None])
    assert [made.level(v) for v in (0, 19.9, 20, 50, 99.9, 100)] == [0, 0, 1, 2, 4, 4]
    assert made.level(None) is None
