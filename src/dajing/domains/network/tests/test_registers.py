"""Registers: loaded as a whole or not at all, and asked as of any day and any knowledge."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from dajing.domains.network.connectors.registers import rows_of
from dajing.domains.network.models import Load, Version
from dajing.domains.network.register.datum import bd09, gcj02, metres, to_wgs84
from dajing.domains.network.register.refusals import LoadedBackdated, RegisterRefused
from dajing.domains.network.register.service import load, things, weakest
from dajing.kernel.identity.actor import system
from dajing.kernel.measures.reading import Kind

pytestmark = pytest.mark.store_both
AT = datetime(2020, 5, 1, tzinfo=UTC)
BY = system("test")
SITES = "编号,名称,经度,纬度,启用日期\nS1,红旗楼,114.90,40.78,2016-01-01\nS2,崇礼,115.28,40.97,2018-01-01\n"


def put(register: str, text: str, *, at: datetime = AT, name: str = "f.csv", **more: object) -> object:
    body = text.encode()
    rows = rows_of(register=register, name=name, body=body)
    return load(register=register, name=name, body=body, rows=rows, by=BY, at=at, **more)


def faults(register: str, text: str, **more: object) -> list[tuple[int, str, str, str]]:
    with pytest.raises(RegisterRefused) as refused:
        put(register, text, **more)
    assert not Version.objects.filter(register=register, known_from=AT + timedelta(days=9)).exists()
    return [(f.row, f.column, f.message.en, f.cure.en) for f in refused.value.faults]


def test_a_known_point_is_shifted_by_map_services_as_published_examples_say() -> None:
    # Tian'anmen in WGS-84 and its GCJ-02/BD-09 values as the coordtransform package's documentation gives them
    wgs = to_wgs84((116.404, 39.915), datum="gcj02")
    assert metres(wgs, (116.39775550083061, 39.91359571849836)) < 1.0
    assert metres(bd09(wgs), (116.41036949371029, 39.92133699351021)) < 1.0
    assert metres(gcj02(to_wgs84((115.0, 40.8), datum="gcj02")), (115.0, 40.8)) < 0.01


@pytest.mark.django_db
@pytest.mark.parametrize("id", ["S" + "x" * 80, "S\u202e1"])
def test_an_id_that_no_register_can_hold_is_refused(id: str) -> None:
    [(row, column, said, cure)] = faults("site", f"编号,名称,经度,纬度\n{id},红旗楼,114.90,40.78\n")
    assert (row, column) == (2, "id") and "80 characters" in said and "shorten" in cure


@pytest.mark.django_db
def test_a_register_says_what_stood_on_a_day_and_what_was_known() -> None:
    assert put("site", SITES).appended == 2
    put("site", "编号,名称,经度,纬度,启用日期,停用日期\nS1,红旗楼,114.90,40.78,2016-01-01,2020-03-01\n",
        at=AT + timedelta(days=10))  # fmt: skip
    assert set(things(register="site", on=date(2017, 1, 1))) == {"S1"}
    assert set(things(register="site", on=date(2020, 4, 1))) == {"S2"}
    assert set(things(register="site", on=date(2020, 4, 1), as_of=AT)) == {"S1", "S2"}
    assert set(things(register="site", on=date(2015, 1, 1))) == set()


@pytest.mark.django_db
def test_the_same_file_again_appends_nothing_and_a_complete_list_withdraws_what_it_lacks() -> None:
    put("site", SITES)
    assert put("site", SITES, at=AT + timedelta(days=1)).appended == 0
    only = "编号,名称,经度,纬度,启用日期\nS2,崇礼,115.28,40.97,2018-01-01\n"
    assert put("site", only, at=AT + timedelta(days=2), complete=True).withdrawn == 1
    assert set(things(register="site", on=date(2020, 6, 1))) == {"S2"}
    assert set(things(register="site", on=date(2020, 5, 1))) == {"S1", "S2"}


@pytest.mark.django_db
def test_one_bad_row_and_nothing_is_loaded() -> None:
    text = (
        SITES + "S3,北京,116.40,39.91,2018-01-01\nS4,反了,40.78,114.93,2018-01-01\nS5,近,114.900001,40.78,2019-01-01\n"
    )
    found = faults("site", text)
    assert not Load.objects.exists()
    assert [(row, column) for row, column, _, _ in found] == [(4, "longitude"), (5, "longitude"), (6, "longitude")]
    assert "outside the city" in found[0][2]
    assert found[1][3] == "exchange the two columns"
    assert "the same place as S1" in found[2][2]


@pytest.mark.django_db
def test_a_missing_column_an_unreadable_cell_and_a_row_twice_are_named() -> None:
    assert faults("site", "编号,名称,经度\nS1,甲,114.9\n")[0][1] == "latitude"
    found = faults("site", "编号,经度,纬度\nS1,东经114度,40.78\nS2,115.28,40.97\nS2,115.30,40.99\n")
    assert (2, "longitude") in [(row, column) for row, column, _, _ in found]
    assert [row for row, column, message, _ in found if column == "id"] == [3, 4]


@pytest.mark.django_db
def test_absurd_heights_and_powers_and_unknown_sites_are_refused() -> None:
    put("site", SITES)
    head = "id,site,operator,technology,frequency_mhz,height_m,azimuth,power_dbm\n"
    found = faults("sector", head + "A,S1,甲,4G,1800,3000,0,46\nB,S1,甲,4g,1800,30,0,20000\nC,S9,甲,4g,1.8,30,400,46\n")
    assert [(row, column) for row, column, _, _ in found] == [
        (2, "height_m"), (3, "power_dbm"), (4, "azimuth"), (4, "frequency_mhz"), (4, "site"),
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("datum", "shift"), [("gcj02", gcj02), ("bd09", bd09)])
def test_a_file_in_shifted_coordinates_is_found_and_the_conversion_offered(datum: str, shift: object) -> None:
    points = [(114.90, 40.78), (115.28, 40.97), (114.72, 41.15), (115.5, 40.4)]
    head = "id,longitude,latitude\n"
    put("site", head + "".join(f"S{n},{x},{y}\n" for n, (x, y) in enumerate(points)))
    moved = head + "".join(f"S{n},{shift((x, y))[0]:.7f},{shift((x, y))[1]:.7f}\n" for n, (x, y) in enumerate(points))
    found = faults("site", moved, at=AT + timedelta(days=1))
    assert (found[0][0], found[0][3]) == (0, f"they are {datum}: load with --datum {datum}")
    put("site", moved, at=AT + timedelta(days=2), datum=datum)
    for n, point in enumerate(points):
        site = things(register="site", on=None)[f"S{n}"]
        assert metres((site.longitude, site.latitude), point) < 0.5


@pytest.mark.django_db
def test_venues_that_would_count_the_same_people_twice_are_refused() -> None:
    head = "id,name,kind,longitude,latitude,radius_m,area,people\n"
    found = faults(
        "venue", head + "V1,甲园,园区,114.90,40.78,500,130702,90\nV2,乙园,park,114.9005,40.78,400,130702,80\n"
    )
    assert "counted twice" in found[0][2]


@pytest.mark.django_db
def test_geojson_is_read_and_provenance_is_the_weakest_of_all_loads() -> None:
    feature = {"type": "Feature", "id": "S1", "geometry": {"type": "Point", "coordinates": [114.9, 40.78]},
               "properties": {"name": "甲"}}  # fmt: skip
    text = msgspec.json.encode({"type": "FeatureCollection", "features": [feature]}).decode()
    assert put("site", text, name="s.geojson", provenance=Kind.MEASURED).rows == 1
    put("site", SITES, at=AT + timedelta(days=1), provenance=Kind.SYNTHETIC)
    assert weakest() == Kind.SYNTHETIC


@pytest.mark.django_db
def test_knowledge_cannot_be_put_before_what_is_known() -> None:
    put("site", SITES)
    with pytest.raises(LoadedBackdated):
        put("site", SITES, at=AT - timedelta(days=1))
