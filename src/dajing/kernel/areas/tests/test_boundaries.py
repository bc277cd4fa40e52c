import json
from pathlib import Path

import pytest
import shapely
from shapely.geometry import box, mapping

from dajing.kernel.areas.api import areas, units
from dajing.kernel.areas.boundaries import boundaries, geojson, km2, may_draw_map, read_boundaries
from dajing.kernel.areas.shapes import outlines, tiles
from dajing.kernel.packs.problem import Problems


def test_the_packages_polygons_are_the_sixteen_divisions_valid_and_named_alike():
    assert set(boundaries()) == {unit.code for unit in units(hierarchy="gbt2260")}
    assert all(shapely.is_valid(boundary.polygon) for boundary in boundaries().values())


def test_the_sixteen_polygons_have_the_published_area_of_36768_to_36772_km2():
    assert 36_768 <= round(sum(km2(boundary.polygon) for boundary in boundaries().values())) <= 36_772


def test_the_area_of_the_whole_ellipsoid_is_that_of_wgs_84():
    # 510,065,621.724 km², the surface of the WGS-84 ellipsoid (from its radius of equal area, 6371007.1809 m)
    assert km2(box(-180, -90, 180, 90)) == pytest.approx(510_065_621.724, rel=1e-9)


def test_the_polygons_agree_with_the_reference_copy(shared):
    reference = json.loads((shared / "data/zhangjiakou/boundaries/counties_16_tianditu.geojson").read_text())
    assert len(reference["features"]) == len(boundaries())
    union = shapely.union_all([shapely.from_geojson(json.dumps(f["geometry"])) for f in reference["features"]])
    ours = shapely.union_all([boundary.polygon for boundary in boundaries().values()])
    assert ours.intersection(union).area / ours.union(union).area > 0.999


def test_a_citys_own_file_is_refused_with_every_fault_at_once(tmp_path):
    def feature(code, name, geometry):
        return {"type": "Feature", "properties": {"code": code, "name": name}, "geometry": geometry}

    bow = {"type": "Polygon", "coordinates": [[[114, 41], [115, 42], [115, 41], [114, 42], [114, 41]]]}
    metres = mapping(box(500_000, 4_500_000, 510_000, 4_510_000))
    features = [
        feature("130702", "桥东区", bow),
        feature("130703", "桥东区", mapping(box(114, 40, 115, 41))),
        feature("130705", "宣化区", metres),
        feature("999999", "外地", mapping(box(1, 1, 2, 2))),
        feature("130706", "下花园区", None),
    ]
    (tmp_path / "own.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    problems = Problems(root=tmp_path)
    read_boundaries(folder=tmp_path, origin="file", file="own.geojson", areas=areas(), problems=problems)
    assert [(p.file, p.line) for p in problems.found] == [("own.geojson", n) for n in (1, 2, 3, 4, 5, 0)]
    assert "130732" in problems.found[-1].message.en


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b"\xff\xfe{", b'{"features": 3}'])
def test_a_file_that_is_no_collection_is_a_problem_not_a_crash(tmp_path, content):
    Path(tmp_path / "own.geojson").write_bytes(content)
    problems = Problems(root=tmp_path)
    assert read_boundaries(folder=tmp_path, origin="file", file="own.geojson", areas=areas(), problems=problems) == {}
    assert problems.found


def test_maps_carry_code_and_names_and_are_not_drawn_in_public_without_approval():
    features = json.loads(geojson(properties={"130702": {"value": 7}}))["features"]
    values = {f["properties"]["code"]: f["properties"].get("value") for f in features}
    assert values["130702"] == 7
    assert len(values) == 16
    assert may_draw_map() is False


def test_outlines_are_small_enough_for_a_page():
    drawn = outlines()
    assert set(drawn.paths) == set(boundaries())
    assert sum(len(path) for path in drawn.paths.values()) < 15_000
    assert all(0 <= x <= drawn.width and 0 <= y <= drawn.height for x, y in drawn.labels.values())


def test_the_cartogram_has_a_square_for_each_of_the_nineteen_units_and_north_is_up():
    placed = {tile.area.code: (tile.row, tile.column) for tile in tiles()}
    assert len(placed) == len(set(placed.values())) == 19
    assert placed["130723"][0] < placed["130726"][0]  # 康保 lies in the north, 蔚县 in the south
    assert placed["130725"][1] < placed["130732"][1]  # 尚义 lies in the west, 赤城 in the east
