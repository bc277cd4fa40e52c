"""The plan's pages before any report is locked, and what the board makes of readings."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape

import pytest
from django.test import Client

from dajing.domains.plan.board.contents import compose, latest
from dajing.domains.plan.board.tests import factories
from dajing.domains.plan.board.words import STATUSES
from dajing.domains.plan.loading import plan
from dajing.domains.plan.models.demo import Simulation

PAGES = ("", "indicator/iptv/", "area/130702/", "indicator/iptv/evidence/130702/2018-06/", "supervision/")


@pytest.mark.django_db
def test_before_any_report_pages_say_what_is_missing_and_show_no_number() -> None:
    # One test for all pages: the empty state is computed once for the data directory, not once per page.
    visitor = Client(headers={"accept-language": "zh"})
    for page in PAGES:
        answer = visitor.get(f"/plan/zjk-135/{page}")
        assert answer.status_code == 200, page
        html = answer.content.decode()
        assert "还没有读数" in html, page
        assert '<svg class="spark"' not in html, page
    _how_far_the_demo_is_loaded_is_shown_until_it_is_there()
    _every_target_and_aim_is_on_the_board_in_english()
    _every_link_to_a_figure_keeps_the_time_shown()
    impossible = "zjk-135/indicator/iptv/evidence/130702/2018-99/"
    for page in ("nope/", impossible, "zjk-135/indicator/nope/", "zjk-135/area/999999/", "zjk-135/report.exe"):
        assert visitor.get(f"/plan/{page}").status_code == 404, page


def _how_far_the_demo_is_loaded_is_shown_until_it_is_there() -> None:
    board = Client(headers={"accept-language": "zh"})
    run = Simulation.objects.create(plan="zjk-135", size="small", seed=1, done=16, total=640)
    assert "16 / 640" in board.get("/plan/zjk-135/").content.decode()
    run.finished_at = datetime.now(UTC)
    run.save()
    assert "/ 640" not in board.get("/plan/zjk-135/").content.decode()


def _every_link_to_a_figure_keeps_the_time_shown() -> None:
    html = Client().get("/plan/zjk-135/?as_of=2018-06-30").content.decode()
    links = [part.split('"')[0] for part in html.split('href="')[1:]]
    inner = [address for address in links if address.startswith("/plan/")]
    assert inner
    assert all("as_of=2018-06-30" in address for address in inner if address != "/plan/zjk-135/")


def _every_target_and_aim_is_on_the_board_in_english() -> None:
    html = unescape(Client(headers={"accept-language": "en"}).get("/plan/zjk-135/").content.decode())
    for titled in (*plan().indicators, *plan().aims):
        assert titled.title.en in html


def test_the_marked_reading_is_shown_and_an_unknown_one_keeps_its_reason() -> None:
    known, gap = factories.figure(period="2018-05", latest=True), factories.figure(period="2018-06", value=None)
    assert latest([known, gap]) is known
    assert latest([gap]) is gap
    board = compose(plan=plan(), vintage=factories.vintage(), figures=[gap])
    row = next(row for row in board.rows if row.indicator.id == "iptv")
    assert row.reason.en == "two areas have not reported"


def test_counts_add_up_to_all_indicators() -> None:
    board = factories.board(plan=plan())
    assert sum(number for _, _, number in board.counts) == len(plan().indicators)


def test_each_status_has_its_own_tone_and_word() -> None:
    assert len({tone for tone, _ in STATUSES.values()}) == len(STATUSES)
    assert len({word.zh for _, word in STATUSES.values()}) == len(STATUSES)
