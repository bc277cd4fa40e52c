"""Files as people really send them: what is meant is read, what is doubtful is refused by row with its cure."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest

from dajing.domains.network.connectors.registers import rows_of
from dajing.domains.network.demand.layer import layer, synthetic_layer
from dajing.domains.network.models import Load, Version
from dajing.domains.network.register.datum import bd09, gcj02
from dajing.domains.network.register.refusals import RegisterRefused
from dajing.domains.network.register.service import load, things
from dajing.kernel.areas.api import census
from dajing.kernel.identity.actor import system
from dajing.kernel.spreadsheet.files import FileUnreadable

AT = datetime(2020, 5, 1, tzinfo=UTC)
HEAD = "id,longitude,latitude\n"
VENUE = "id,name,kind,longitude,latitude,radius_m,area,people\n"
MASTS = [(114.90, 40.78), (115.28, 40.97), (114.72, 41.15), (115.5, 40.4)]
pytestmark = pytest.mark.django_db


def put(register: str, body: str | bytes, *, name: str = "f.csv", at: datetime = AT, **more: object) -> object:
    body = body.encode() if isinstance(body, str) else body
    rows = rows_of(register=register, name=name, body=body)
    return load(register=register, name=name, body=body, rows=rows, by=system("test"), at=at, **more)


def faults(register: str, body: str | bytes, **more: object) -> list[tuple[int, str, str, str]]:
    loads, versions = Load.objects.count(), Version.objects.count()
    with pytest.raises(RegisterRefused) as refused:
        put(register, body, **more)
    assert (Load.objects.count(), Version.objects.count()) == (loads, versions), "nothing is half-loaded"
    assert all(fault.cure.zh and fault.cure.en for fault in refused.value.faults)
    return [(fault.row, fault.column, fault.message.en, fault.cure.en) for fault in refused.value.faults]


def listed(prefix: str, points: list[tuple[float, float]]) -> str:
    return HEAD + "".join(f"{prefix}{n},{x:.7f},{y:.7f}\n" for n, (x, y) in enumerate(points))


@pytest.mark.parametrize(
    "given", ["2018/3/1", "2018年3月1日", "2018-3-1", "2018.3.1", "20180301", "2018-03-01 00:00:00"]
)
def test_a_day_is_read_as_people_write_it(given: str) -> None:
    put("site", f"编号,经度,纬度,启用日期\nS1,114.90,40.78,{given}\n")
    assert things(register="site", on=None)["S1"].valid_from == date(2018, 3, 1)


@pytest.mark.parametrize("given", ["1/3/2018", "43101", "2018-13-01", "明天"])
def test_a_day_whose_order_is_in_doubt_is_refused_with_the_form_wanted(given: str) -> None:
    [(row, column, _, cure)] = faults("site", f"编号,经度,纬度,启用日期\nS1,114.90,40.78,{given}\n")
    assert (row, column) == (2, "valid_from") and "2018-03-01" in cure


def test_an_id_that_a_workbook_holds_as_a_number_is_that_id() -> None:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in (("编号", "名称", "经度", "纬度", "启用日期"), (1307020001, 7, 114.9, 40.78, date(2018, 3, 1))):
        book.active.append(row)
    book.save(out)
    put("site", out.getvalue(), name="f.xlsx")
    site = things(register="site", on=None)["1307020001"]
    assert (site.name, site.valid_from) == ("7", date(2018, 3, 1))


@pytest.mark.parametrize(
    ("cell", "cure"), [("30米", "without its unit"), ("114°54′", "as decimals"), ("9" * 400, "without its unit")]
)  # fmt: skip
def test_what_is_no_number_is_refused_with_the_form_wanted(cell: str, cure: str) -> None:
    [(row, column, said, told)] = faults("venue", VENUE + f"V1,甲园,park,114.9,40.78,{cell},130702,90\n")
    assert (row, column) == (2, "radius_m") and (cure in told or "cannot be" in said) and len(said) < 100
    assert faults("venue", VENUE + f"V1,甲园,park,114.9,40.78,500,130702,{cell}\n")[0][:2] == (2, "people")


def test_two_columns_of_one_meaning_are_not_chosen_from() -> None:
    found = faults("site", "编号,经度,纬度,x,y\nS1,114.90,40.78,39512345,4512345\n")
    assert {(row, column) for row, column, _, _ in found} == {(0, "longitude"), (0, "latitude")}
    with pytest.raises(FileUnreadable, match="经度"):
        put("site", "编号,经度,纬度,经度\nS1,114.90,40.78,115.1\n")


def test_a_row_longer_than_its_headings_is_refused() -> None:
    [(row, _, said, cure)] = faults("site", "编号,经度,纬度,名称\nS1,114.90,40.78,红旗楼,北侧\n")
    assert row == 2 and "1 cells more" in said and "quotation marks" in cure


@pytest.mark.parametrize(
    "geometry",
    [{"type": "Point", "coordinates": [114.9]}, {"type": "Point", "coordinates": [{}, []]},
     {"type": "Polygon", "coordinates": [[[114.9, 40.7], [115, 41], [115, 40], [114.9, 40.7]]]}],
)  # fmt: skip
def test_a_geometry_that_is_no_point_is_refused(geometry: object) -> None:
    feature = {"type": "Feature", "id": "S1", "geometry": geometry, "properties": {}}
    body = json.dumps({"type": "FeatureCollection", "features": [feature]})
    assert {column for _, column, _, _ in faults("site", body, name="f.geojson")} <= {"longitude", "latitude"}


def test_a_features_geometry_counts_before_its_columns_and_a_list_is_no_name() -> None:
    feature = {"type": "Feature", "id": 3, "geometry": {"type": "Point", "coordinates": [114.9, 40.78]},
               "properties": {"编号": "S1", "lon": 1, "纬度": 2}}  # fmt: skip
    put("site", json.dumps({"features": [feature]}), name="f.geojson")
    assert things(register="site", on=None)["S1"].longitude == 114.9
    feature["properties"] = {"编号": "S2", "name": ["甲"]}
    feature["geometry"]["coordinates"] = [115.2, 40.9]
    assert faults("site", json.dumps({"features": [feature]}), name="f.geojson")[0][1] == "name"


@pytest.mark.parametrize(("datum", "shift"), [("gcj02", gcj02), ("bd09", bd09)])
def test_another_list_of_the_same_masts_shows_its_shift(datum: str, shift: object) -> None:
    put("site", listed("A", MASTS))
    found = faults("site", listed("B", [shift(point) for point in MASTS]), at=AT + timedelta(days=1))
    assert (found[0][0], found[0][3]) == (0, f"they are {datum}: load with --datum {datum}")


def test_hotspots_shifted_from_their_venues_show_it_and_one_alone_is_too_far_away() -> None:
    put("venue", VENUE + "".join(f"V{n},园{n},park,{x},{y},120,{a},90\n" for n, (x, y, a) in enumerate(
        ((114.90, 40.78, 130702), (115.28, 40.97, 130709), (114.72, 41.15, 130722)))))  # fmt: skip
    spots = [(114.9004, 40.78), (115.2804, 40.97), (114.7204, 41.15)]
    head = "id,operator,longitude,latitude,radius_m,venue\n"
    moved = head + "".join(f"H{n},甲,{gcj02(p)[0]:.7f},{gcj02(p)[1]:.7f},50,V{n}\n" for n, p in enumerate(spots))
    found = faults("hotspot", moved, at=AT + timedelta(days=1))
    assert "gcj02" in found[0][3] and [row for row, _, _, _ in found[1:]] == [2, 3, 4]
    [(row, column, said, _)] = faults("hotspot", head + "H9,甲,114.95,40.78,50,V0\n", at=AT + timedelta(days=1))
    assert (row, column) == (2, "venue") and "out of reach" in said
    put("hotspot", moved, at=AT + timedelta(days=2), datum="gcj02")


def test_a_mast_or_venue_that_the_register_holds_already_is_not_registered_again() -> None:
    put("site", listed("A", MASTS))
    found = faults("site", HEAD + "B1,114.90001,40.78\n", at=AT + timedelta(days=1))
    assert "the same place as A0" in found[0][2] and "complete list" in found[0][3]
    renamed = load(
        register="site", name="f.csv", body=b"", by=system("test"), at=AT + timedelta(days=1), complete=True,
        rows=rows_of(register="site", name="f.csv", body=listed("B", MASTS).encode()),
    )  # fmt: skip
    assert renamed.withdrawn == 4, "a complete list with new ids replaces the old one"
    put("venue", VENUE + "V1,甲园,park,114.90,40.78,500,130702,90\n", at=AT + timedelta(days=1))
    found = faults("venue", VENUE + "V2,乙园,park,114.90,40.781,500,130702,90\n", at=AT + timedelta(days=2))
    assert "overlaps V1" in found[0][2]


def test_an_overlap_is_found_though_another_venue_lies_between() -> None:
    rows = ("V1,甲,park,114.90,40.780,3000,130702,9", "V2,乙,park,114.95,40.781,100,130702,9",
            "V3,丙,park,114.90,40.782,3000,130702,9")  # fmt: skip
    assert [(row, said[:11]) for row, _, said, _ in faults("venue", VENUE + "\n".join(rows))] == [(4, "overlaps V1")]


def test_a_village_far_outside_its_county_is_refused() -> None:
    [(row, column, said, _)] = faults("place", HEAD + "130702001025,115.5,40.4\n")
    assert (row, column) == (2, "longitude") and "outside 130702" in said


def test_surveyed_people_share_the_census_out_and_what_does_not_sum_is_refused() -> None:
    base, unit = synthetic_layer(), "130772"  # the smallest: no residents' committee in the code list
    mine = [n for n, code in enumerate(base.unit) if code == unit]
    whole = census(2020)[unit].population

    def file(people: list[int]) -> str:
        return "id,longitude,latitude,people\n" + "".join(
            f"{base.code[n]},{base.longitude[n]},{base.latitude[n]},{count}\n"
            for n, count in zip(mine, people, strict=True)
        )

    far = faults("place", file([whole] * len(mine)))
    assert far[0][:2] == (2, "people") and f"{whole:,}" in far[0][2]
    assert faults("place", file([1] * len(mine)))[0][:2] == (2, "people")
    assert faults("place", f"id,longitude,latitude,people\n{base.code[mine[0]]},{base.longitude[mine[0]]},"
                           f"{base.latitude[mine[0]]},{2 * whole}\n")[0][:2] == (2, "people")  # fmt: skip
    counted = [round(whole * 1.04) - len(mine) + 1, *[1] * (len(mine) - 1)]
    put("place", file(counted))
    found = layer(on=date(2020, 6, 1))
    assert int(found.people.sum()) == 4_118_908
    assert int(found.people[mine].sum()) == whole
    assert found.people[mine[0]] == max(found.people[mine]) > 0.9 * whole
    assert (found.people[[n for n in range(len(base.unit)) if base.unit[n] != unit]]
            == base.people[[n for n in range(len(base.unit)) if base.unit[n] != unit]]).all()  # fmt: skip


def test_a_fibre_keeps_a_long_route_and_a_word_is_no_route() -> None:
    put("fibre_node", "id,operator,longitude,latitude\nN1,甲,114.90,40.78\nN2,甲,114.95,40.80\n")
    line = "LINESTRING (" + ", ".join(f"114.9{n:03} 40.78{n:03}" for n in range(40)) + ")"
    put("fibre_span", f'id,operator,start,end,route\nF,甲,N1,N2,"{line}"\n', at=AT + timedelta(days=1))
    assert things(register="fibre_span", on=None)["F"].route == line
    [(row, column, _, cure)] = faults(
        "fibre_span", "id,operator,start,end,route\nG,甲,N1,N2,沿国道\n", at=AT + timedelta(days=2)
    )
    assert (row, column) == (2, "route") and "LINESTRING" in cure


def test_tens_of_thousands_of_rows_are_one_file() -> None:
    body = HEAD + "".join(
        f"S{n},{114.5 + (n % 300) * 0.003:.4f},{40.6 + (n // 300) * 0.003:.4f}\n" for n in range(21_000)
    )
    assert len(rows_of(register="site", name="f.csv", body=body.encode())) == 21_000
    with pytest.raises(FileUnreadable, match="200000"):
        rows_of(register="site", name="f.csv", body=(HEAD + "S,114.9,40.8\n" * 200_001).encode())
