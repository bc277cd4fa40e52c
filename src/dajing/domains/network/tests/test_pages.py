"""The network's pages: internal by role, from the city to one place, and a file loaded or refused as a whole."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html import unescape
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dajing.domains.network import contents
from dajing.domains.network.connectors.registers import rows_of
from dajing.domains.network.coverage import service
from dajing.domains.network.coverage.profile import kept_state
from dajing.domains.network.coverage.state import sector_station, state
from dajing.domains.network.models import Load, Loss
from dajing.domains.network.register.service import load, things
from dajing.domains.network.tests.test_coverage import FILES
from dajing.kernel.identity.actor import system
from dajing.kernel.identity.loading import load as load_posts
from dajing.kernel.identity.models import Person

AT, ON, BY = datetime(2020, 5, 1, tzinfo=UTC), date(2020, 4, 30), system("test")
PAGES = ("", "gaps/", "registers/", "area/130702/", "area/130702001/", "point/130702001025/",
         "place/?longitude=114.9&latitude=40.8", "gaps.xlsx")  # fmt: skip


def signed_in(login: str) -> Client:
    client = Client(headers={"accept-language": "zh"})
    client.force_login(Person.objects.get(login=login))
    return client


@pytest.fixture
def planner(db: None) -> Client:
    load_posts()
    return signed_in("zjk-txb-network")


@pytest.fixture
def computed(db: None) -> None:
    for register, form in FILES.items():
        text = form.format(x=114.885, y=40.768).encode()
        load(register=register, name="f.csv", body=text, rows=rows_of(register=register, name="f.csv", body=text),
             by=BY, at=AT)  # fmt: skip
    service.work(run=service.begin(on=ON, known_at=AT, by=BY, at=AT), by=BY, at=AT, seen=lambda done, total: None)


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return unescape(answer.content.decode())


@pytest.mark.django_db
def test_nobody_without_the_role_sees_sites_or_gaps() -> None:
    load_posts()
    stranger, officer = Client(), signed_in("zjk-spj-data")
    for page in PAGES:
        assert stranger.get(f"/network/{page}").status_code == 302, page
        assert officer.get(f"/network/{page}").status_code == 403, page
    assert officer.get("/planner/").status_code == 403


@pytest.mark.django_db
def test_before_any_run_pages_say_so_and_show_no_figure() -> None:
    load_posts()
    viewer = signed_in("zjk-gxj-plan")
    for page in ("", "gaps/", "area/130702/", "point/130702001025/"):
        html = read(viewer, f"/network/{page}")
        assert "还没有覆盖测算" in html
        assert "%" not in re.sub(r"<head.*?</head>", "", html, flags=re.S).split("<main")[1].split("</main")[0]


def test_from_the_city_to_one_place_every_level_is_a_link(planner: Client, computed: None) -> None:
    city = read(planner, "/network/?service=4g")
    assert "4,118,908" in city
    assert "/network/area/130702/" in city
    assert "未经审图" in city
    unit = read(planner, "/network/area/130702/?service=4g")
    assert "/network/area/130702001/" in unit
    town = read(planner, "/network/area/130702001/?service=4g")
    assert "/network/point/130702001025/" in town
    place = read(planner, "/network/point/130702001025/?service=4g")
    assert "链路预算" in place
    assert place.count('<svg class="chart profile"') == 1
    for page in ("area/999999/", "point/nowhere/", "area/130700/", "?service=6g", "gaps.xlsx?service=6g"):
        assert planner.get(f"/network/{page}").status_code == 404, page


def test_the_link_budget_adds_up_to_the_power_received(planner: Client, computed: None) -> None:
    html = read(planner, "/network/point/130702001025/?service=4g&sector=A")
    table = html.split("链路预算</h2>")[1].split("</table>")[0]
    values = [float(v.replace(",", "")) for v in re.findall(r'class="number">(-?[\d.,]+) d', table)]
    power, gain, pattern, free, terrain, received, limit, margin, _sinr = values
    assert power + gain + pattern + free + terrain == pytest.approx(received, abs=0.3)  # each shown to 0.1 dB
    assert margin == pytest.approx(received - limit, abs=0.11)


def test_the_gap_list_as_a_workbook_has_numbers_and_says_where_they_come_from(planner: Client, computed: None) -> None:
    html = read(planner, "/network/gaps/?service=4g&unit=130732")
    assert "赤城县" in html
    body = planner.get("/network/gaps.xlsx?service=4g&unit=130732").content
    book = openpyxl.load_workbook(BytesIO(body))
    rows = list(book.worksheets[0].values)
    assert sum(row[5] for row in rows[1:]) == 197_919
    assert isinstance(rows[1][6], int | float)
    about = dict(row[:2] for row in book.worksheets[1].values)
    assert "合成" in about["注意"]
    assert len(about["输入摘要 SHA-256"]) == 64


def test_wifi_is_told_by_venue(planner: Client, computed: None) -> None:
    html = read(planner, "/network/?service=wifi")
    assert "某园" in html
    assert '<svg class="map"' not in html
    assert "某馆" in read(planner, "/network/gaps/?service=wifi")


def test_a_file_is_loaded_from_the_page_or_refused_with_every_row(planner: Client) -> None:
    def send(text: str, **more: str) -> object:
        sent = SimpleUploadedFile("站址.csv", text.encode())
        return planner.post("/network/registers/load", {"register": "site", "datum": "wgs84", "file": sent, **more})

    bad = send("编号,经度,纬度\nS1,116.40,39.91\nS2,abc,40.7\n")
    assert bad.status_code == 422
    html = unescape(bad.content.decode())
    assert "第 2 行" in html
    assert "第 3 行" in html
    assert not Load.objects.exists()
    assert send("编号,经度,纬度\nS1,114.90,40.78\n", datum="mars").status_code == 422
    assert not Load.objects.exists()
    assert send("编号,经度,纬度\nS1,114.90,40.78\n").status_code == 302
    assert set(things(register="site", on=None)) == {"S1"}
    assert planner.post("/network/registers/load", {"register": "site"}).status_code == 422
    viewer = signed_in("zjk-gxj-plan")
    assert viewer.post("/network/registers/load", {}).status_code == 403


@pytest.mark.django_db
@pytest.mark.usefixtures("computed")
def test_any_place_on_the_map_has_its_profile_and_budget(planner: Client) -> None:
    page = read(planner, "/network/place/?longitude=114.90&latitude=40.80&service=4g")
    assert "114.9000, 40.8000" in page
    assert "地形剖面" in page
    assert "负荷下 SINR" in page
    assert 'data-scale="' in read(planner, "/network/")


@pytest.mark.django_db
@pytest.mark.usefixtures("computed")
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("longitude=0&latitude=0", "不在本市范围内"),
        ("longitude=nan&latitude=40.8", "不在本市范围内"),
        ("longitude=x&latitude=40.8", "请给出经度和纬度两个数"),
        ("", "请给出经度和纬度两个数"),
    ],
)
def test_what_is_no_place_of_the_city_is_said(planner: Client, query: str, words: str) -> None:
    answer = planner.get(f"/network/place/?{query}")
    assert answer.status_code == 404
    assert words in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("computed")
def test_a_sector_that_serves_nobody_is_named(planner: Client) -> None:
    assert "没有服务到任何人" not in read(planner, "/network/?service=4g")
    found = state(on=ON, known_at=AT)
    keys = [service._key(found, sector_station(state=found, sector=found.sectors["B"]))]
    Loss.objects.filter(key__in=keys).update(points=0)  # as of a mast that stands over a void of the terrain
    contents.left_out.cache_clear()
    kept_state.cache_clear()
    html = read(planner, "/network/?service=4g")
    contents.left_out.cache_clear()
    assert "1 个扇区或发射台没有服务到任何人" in html and "<code>B</code>" in html


@pytest.mark.usefixtures("computed")
def test_a_venue_that_the_city_names_and_nobody_registered_is_asked_for(planner: Client) -> None:
    page = read(planner, "/network/?service=wifi")
    assert "涿鹿工业园" in page
    assert "park-zhuolu" in page
