"""Maps of a run: the same levels as at the places themselves, whole or not at all, and for whom they are."""

from __future__ import annotations

import re
from html import unescape

import msgspec
import numpy as np
import pytest
import rasterio
from django.test import Client

from dajing.domains.network.coverage import maps, service
from dajing.domains.network.coverage.painting import COLOURS, paint
from dajing.domains.network.coverage.predicting import sector_power
from dajing.domains.network.coverage.reading import info, latest
from dajing.domains.network.coverage.refusals import InputsChanged
from dajing.domains.network.coverage.state import State, sector_station, state
from dajing.domains.network.models import Run
from dajing.domains.network.tests.test_coverage import AT, ON, finish, registered
from dajing.domains.network.tests.test_pages import signed_in
from dajing.kernel.identity.loading import load as load_posts

assert registered  # the fixture of the registers


class Killed(BaseException):
    """What a kill in the middle of a job leaves behind, without ending the tests."""


@pytest.fixture
def drawn(registered: State, tmp_path, monkeypatch) -> list[maps.MapFile]:
    monkeypatch.setattr(maps, "folder", lambda: tmp_path / "network")
    finish()
    return maps.draw_run(run=latest(), seen=lambda done, total: None)


def opened(found: list[maps.MapFile], operator: str, kind: str) -> rasterio.DatasetReader:
    one = next(m for m in found if (m.service, m.operator, m.kind) == ("4g", operator, kind))
    return rasterio.open(maps.path_of(run=latest(), file=one.file))


def test_a_map_has_the_levels_that_places_were_predicted_with(registered: State, drawn: list[maps.MapFile]) -> None:
    """Two ways to the same figure: a polar sweep read at the place, and one read at the cells of the city's grid."""
    fetch, sector = service.fetcher(state=registered), registered.sectors["B"]  # the only sector of its operator
    losses = fetch(sector_station(state=registered, sector=sector))
    at = losses.numbers
    east, north = registered.longitude[at], registered.latitude[at]
    power = sector_power(state=registered, sector=sector, longitude=east, latitude=north, loss=losses.loss)
    with opened(drawn, "乙", "rsrp") as file, opened(drawn, "乙", "server") as best:
        shown = np.array([value[0] for value in file.sample(zip(east, north, strict=True))])
        numbers = {int(value[0]) for value in best.sample(zip(east, north, strict=True))}
    known = np.isfinite(shown)
    assert known.mean() > 0.95 and known.sum() > 50
    assert np.median(np.abs(shown[known] - power[known])) < 1.0  # dB; places lie up to half a cell from a centre
    assert numbers <= {0, -1}


def test_a_map_is_a_cog_that_says_what_it_is(drawn: list[maps.MapFile]) -> None:
    with opened(drawn, "", "covered") as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.crs.to_epsg() == 4326 and file.overviews(1) and file.block_shapes[0] == (256, 256)
        assert file.tags()["provenance"] == "synthetic" and file.units == ("%",)
        assert file.tags()["inputs"] == latest().digest
        values = file.read(1)
    assert np.nanmin(values) >= 0.0 and np.nanmax(values) <= 100.0 and (values > 99.0).any()
    kinds = {(m.operator, m.kind) for m in drawn}
    assert {("甲", "sinr"), ("甲", "throughput"), ("", "rsrp")} <= kinds and ("", "sinr") not in kinds


def test_drawing_that_was_killed_goes_on_and_shows_nothing_before_it_is_whole(
    registered: State, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(maps, "folder", lambda: tmp_path / "network")
    run = info(finish())

    def kill(done: int, total: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        maps.draw_run(run=run, seen=kill)
    kept = list((tmp_path / "network" / "losses").glob("??/*.loss"))
    assert len(kept) == 1 and maps.maps_of(run=run) == []
    monkeypatch.setattr(maps, "_tidy", lambda **_: (_ for _ in ()).throw(Killed))
    before = kept[0].stat().st_mtime_ns
    with pytest.raises(Killed):
        maps.draw_run(run=run, seen=lambda done, total: None)
    assert maps.maps_of(run=run) and kept[0].stat().st_mtime_ns == before


def test_only_the_newest_maps_stay_and_what_did_not_change_is_not_computed_again(
    drawn: list[maps.MapFile], tmp_path
) -> None:
    losses = {path: path.stat().st_mtime_ns for path in (tmp_path / "network/losses").glob("??/*.loss")}
    other = state(on=ON.replace(day=29), known_at=AT)
    other = msgspec.structs.replace(other, sectors={"A": other.sectors["A"]}, inputs={**other.inputs, "x": "1"})
    maps.draw(state=other, seen=lambda done, total: None)
    left = {path: path.stat().st_mtime_ns for path in (tmp_path / "network/losses").glob("??/*.loss")}
    assert len(losses) == 3 and len(left) == 1 and left.items() <= losses.items()
    assert maps.maps_of(run=latest()) == []


def test_maps_are_never_drawn_of_other_inputs_than_the_figures(drawn: list[maps.MapFile]) -> None:
    Run.objects.update(digest="0" * 64)
    with pytest.raises(InputsChanged):
        maps.draw_run(run=latest(), seen=lambda done, total: None)


def test_the_page_shows_a_raster_with_its_limits_and_gives_the_file(drawn: list[maps.MapFile]) -> None:
    load_posts()
    planner, stranger, officer = signed_in("zjk-txb-network"), Client(), signed_in("zjk-spj-data")
    html = unescape(planner.get("/network/?service=4g&operator=甲&layer=rsrp").content.decode())
    assert "-110 – -100 dBm" in html and "4g-2-server.tif" in html
    assert "<image" not in planner.get("/network/?service=4g&layer=none").content.decode()
    assert "<image" not in planner.get("/network/?service=fibre").content.decode()
    address = re.search(r'<image[^>]* href="([^"]+)"', html)[1]
    picture = planner.get(address)
    assert picture["Content-Type"] == "image/png" and b"".join(picture.streaming_content)[:4] == b"\x89PNG"
    tiff = planner.get("/network/maps/4g-all-covered.tif")
    assert b"".join(tiff.streaming_content)[:4] in (b"II*\0", b"II+\0")
    assert stranger.get(address).status_code == 302 and officer.get(address).status_code == 403
    for name in ("nothing.tif", "..%2fmaps.json", "maps.json", "4g-9-rsrp.png"):
        assert planner.get(f"/network/maps/{name}").status_code == 404, name


def test_colours_are_those_of_the_legend_and_nothing_known_is_transparent() -> None:
    from io import BytesIO
    from pathlib import Path

    from PIL import Image

    style = (Path(maps.__file__).parents[1] / "static/network/network.css").read_text()
    for level, colour in enumerate(COLOURS):
        assert f".cover-{level} {{ fill: {colour}; }}" in style
    values = np.array([[np.nan, -120.0, -110.0], [-95.0, -85.0, -50.0]], np.float32)
    drawing = Image.open(BytesIO(paint(values=values, limits=(-110.0, -100.0, -90.0, -80.0)))).convert("RGBA")
    pixels = [drawing.getpixel((x, y)) for y in range(2) for x in range(3)]
    assert pixels[0][3] == 0
    shown = ["#{:02x}{:02x}{:02x}".format(*pixel[:3]) for pixel in pixels[1:]]
    assert shown == [COLOURS[n] for n in (0, 1, 2, 3, 4)]
