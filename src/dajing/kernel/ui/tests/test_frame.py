"""The frame: language, skip link, the time shown, links that keep it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils import translation

from dajing.kernel.ui.moment import UnableToReadMoment, as_of, read_as_of
from dajing.kernel.ui.templatetags.ui import figure, limit, link, percent, period, within


def test_a_day_means_its_end_in_local_time() -> None:
    shown = read_as_of("2018-06-30")
    assert shown.moment is not None
    assert shown.moment.isoformat() == "2018-06-30T23:59:59.999999+08:00"


@pytest.mark.parametrize("given", ["2018-02-30", "yesterday", "9999-12-31", "2018-06-30T99:00", "０"])
def test_a_time_that_cannot_be_read_is_refused_with_an_example(given: str) -> None:
    with pytest.raises(UnableToReadMoment) as refusal:
        read_as_of(given)
    assert "2018-06-30" in refusal.value.message.zh
    assert "2018-06-30" in refusal.value.message.en


def test_a_page_with_an_unreadable_time_shows_now_and_says_so() -> None:
    shown = as_of(RequestFactory().get("/", {"as_of": "<script>"}))
    assert shown.moment is None
    assert shown.refused is not None


def test_a_limit_that_ends_a_day_is_shown_on_that_day() -> None:
    assert limit(datetime(2026, 11, 13, 16, tzinfo=UTC)) == "2026-11-13 24:00"
    assert limit(datetime(2026, 11, 13, 9, 30, tzinfo=UTC)) == "2026-11-13 17:30"
    assert limit(None) == "—"


def test_links_carry_the_time_shown() -> None:
    context = Context({"as_of": read_as_of("2018-06-30")})
    assert link(context, "language") == "/language?as_of=2018-06-30"
    assert link(Context({}), "language", period="2018-06") == "/language?period=2018-06"
    assert link(context, "no-such-page") == ""


def test_figures_keep_unknown_apart_from_zero() -> None:
    assert figure(None) == "—"
    assert figure(0.0, 1) == "0.0"
    assert figure(1234567.891, 2) == "1,234,567.89"


def test_only_complete_reports_show_as_one_hundred_percent() -> None:
    assert percent(0.9999) == "99%"
    assert percent(1.0) == "100%"


def test_periods_are_read_in_both_languages() -> None:
    with translation.override("zh-hans"):
        assert [period(p) for p in ("2018", "2018-Q2", "2018-06")] == ["2018年", "2018年第二季度", "2018年6月"]
    with translation.override("en"):
        assert [period(p) for p in ("2018", "2018-Q2", "2018-06")] == ["2018", "Q2 2018", "Jun 2018"]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("words", ["2018-99", "2018-00", "2018-Q9", "2018-Q", "2018-x", "", "２０１８-06"])
def test_what_is_no_period_is_shown_as_it_was_written(words: str, language: str) -> None:
    with translation.override(language):
        assert period(words) == words


@pytest.mark.django_db
def test_the_language_is_switched_by_post_and_stays() -> None:
    visitor = Client()
    answer = visitor.post("/language", {"language": "en", "next": "/no-such-page"})
    assert answer["Location"] == "/no-such-page"
    page = visitor.get("/no-such-page").content.decode()
    assert '<html lang="en">' in page
    assert "Page not found" in page
    assert 'href="#main"' in page
    visitor.post("/language", {"language": "zh-hans", "next": "/"})
    assert "找不到这一页" in visitor.get("/no-such-page").content.decode()


@pytest.mark.django_db
def test_every_page_says_that_demo_data_is_synthetic() -> None:
    assert "演示数据，全部为模拟生成" in Client(headers={"accept-language": "zh"}).get("/no-such-page").content.decode()


def test_every_component_lists_its_variables() -> None:
    from pathlib import Path

    for path in Path(__file__).parents[1].glob("templates/ui/components/*.html"):
        head = path.read_text(encoding="utf-8").split("{% endcomment %}")[0]
        assert head.startswith("{% comment %}"), path.name
        assert "ariables" in head, path.name


def test_a_status_is_colour_shape_and_word() -> None:
    template = Template('{% include "ui/components/status.html" with tone="bad" word="滞后" %}')
    html = template.render(Context({}))
    assert "滞后" in html
    assert "<svg" in html


def test_navigation_marks_the_page_shown_and_the_start_page_only_itself() -> None:
    assert within("/plan/zjk-135/", "/plan/?as_of=2018-06-30")
    assert not within("/", "/plan/")
    assert not within("/plan/", "/")
