"""From locked figures to the board and back: three clicks lead from the city's figure to the records behind it."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from dajing.domains.plan.board import source
from dajing.domains.plan.loading import plan
from dajing.domains.plan.readings.api import refresh
from dajing.domains.plan.tests.reports import KNOWN, covered
from dajing.kernel.identity.models import Person
from dajing.kernel.ui.catalogue import PACKAGE
from dajing.kernel.web.static import find

LIMIT = 60_000
pytestmark = pytest.mark.django_db(transaction=True)


def links(html: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'href="([^"]+)"', html)]


def weight(address: str) -> int:
    """Bytes that a browser transfers for a page: the page and its own style sheets and scripts, as they are sent."""
    answer = Client(headers={"accept-encoding": "gzip"}).get(address)
    html = Client().get(address).content.decode()
    names = re.findall(r'(?:href|src)="/static/([^"]+)"', html)
    parts = [find(re.sub(r"\.[0-9a-f]{12}(\.[^.]+)$", r"\1", name)) for name in names]
    return len(answer.content) + sum(len(part.packed) if part.packed else part.size for part in parts if part)


def test_a_locked_figure_reaches_the_board_and_three_clicks_lead_to_its_records() -> None:
    for month in range(1, 7):
        covered(f"2018-{month:02d}", 70 + month)
    refresh(plan=plan(), as_of=None, at=KNOWN)
    source._board.cache_clear()
    visitor = Client(headers={"accept-language": "zh"})
    home = visitor.get("/").content.decode()
    assert "/plan/zjk-135/" in links(home)
    board = visitor.get("/plan/zjk-135/").content.decode()
    assert "76.0 %" in board
    evidence = next(a for a in links(board) if "/evidence/130700/2018-06/" in a)
    page = visitor.get(evidence).content.decode()
    assert "76.0 %" in page
    assert "38 条记录" in page
    assert "公众可见条数" in page
    assert "重新读取的记录与存储的摘要一致" in page
    _what_was_known_earlier_is_shown_as_it_was(visitor)
    _each_page_by_area_holds_its_value(visitor)
    _only_a_post_of_the_plan_opens_records(evidence)
    for address in ("/plan/zjk-135/", "/"):
        assert weight(address) <= LIMIT, address


def _what_was_known_earlier_is_shown_as_it_was(visitor: Client) -> None:
    html = visitor.get("/plan/zjk-135/?as_of=2018-05-01").content.decode()
    assert "76.0 %" not in html
    assert "还没有读数" in html


def _each_page_by_area_holds_its_value(visitor: Client) -> None:
    assert "76.0 %" in visitor.get("/plan/zjk-135/area/130702/").content.decode()
    html = visitor.get("/plan/zjk-135/indicator/population_4g/?period=2018-03").content.decode()
    assert "73.0 %" in html
    assert html.count('class="area fill-') == 19


def _only_a_post_of_the_plan_opens_records(evidence: str) -> None:
    stranger = Client(headers={"accept-language": "zh"})
    stranger.force_login(Person.objects.create_user(login="zhao", name="赵"))
    assert "记录号" not in stranger.get(evidence).content.decode()


def test_every_style_sheet_and_script_of_the_interface_is_ours_and_small() -> None:
    files = [p for p in (PACKAGE / "kernel/ui/static/ui").rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in files) < 40_000
