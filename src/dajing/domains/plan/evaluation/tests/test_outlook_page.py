"""The page and the files say whether targets were met, and only an officer seals it."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from django.test import Client
from docx import Document
from openpyxl import load_workbook
from pypdf import PdfReader

from dajing.domains.plan.evaluation.service import frozen
from dajing.domains.plan.exports.api import write
from dajing.domains.plan.exports.composing import compose_report
from dajing.domains.plan.loading import plan
from dajing.domains.plan.readings.api import refresh
from dajing.domains.plan.tests.reports import covered
from dajing.kernel.identity.api import system
from dajing.kernel.identity.loading import demo_people, load_offices
from dajing.kernel.identity.models import Person

pytestmark = pytest.mark.django_db
JANUARY = datetime(2021, 1, 12, tzinfo=UTC)
ADDRESS = "/plan/zjk-135/outlook/"


@pytest.fixture
def reported() -> None:
    covered("2020-06", 96, at=datetime(2020, 7, 10, tzinfo=UTC))
    covered("2020-12", 97.5, at=JANUARY)
    refresh(plan=plan(), as_of=None, at=datetime.now(UTC))


@pytest.mark.usefixtures("reported")
def test_after_the_plan_the_page_and_every_file_say_what_was_met_and_when_first() -> None:
    page = Client(headers={"accept-language": "zh"}).get(ADDRESS).content.decode()
    assert "终期评估" in page
    assert "97.5 %" in page
    assert "2020年6月" in page
    assert "尚未封存" in page
    assert "plan-outlook-seal" not in page
    for language, title, met in (("zh", "终期评估", "已达标"), ("en", "Final evaluation", "Met")):
        report = compose_report(plan=plan(), as_of=None, language=language, at=datetime.now(UTC))
        sheet = load_workbook(io.BytesIO(write(format="xlsx", report=report)))[title]
        line = next(row for row in sheet.iter_rows(values_only=True) if row[2] == "97.5 %")
        assert line[3:6] == ("2020-12", met, "2020-06")
        tables = Document(io.BytesIO(write(format="docx", report=report))).tables
        assert [cell.text for cell in tables[-1].rows[0].cells][4] == {"zh": "结论", "en": "Result"}[language]
        pages = PdfReader(io.BytesIO(write(format="pdf", report=report))).pages
        assert "97.5 %" in "".join(found.extract_text() for found in pages)


@pytest.mark.usefixtures("reported")
def test_while_the_plan_runs_the_page_speaks_of_the_forecast() -> None:
    page = Client(headers={"accept-language": "zh"}).get(f"{ADDRESS}?as_of=2020-08-01").content.decode()
    assert "能否完成" in page
    assert "终期评估</h1>" not in page
    report = compose_report(plan=plan(), as_of=datetime(2020, 8, 1, tzinfo=UTC), language="zh", at=datetime.now(UTC))
    assert report.evaluation is None


@pytest.mark.usefixtures("reported")
def test_only_an_officer_seals_an_evaluation_and_the_page_shows_what_was_sealed() -> None:
    load_offices(by=system("test"), at=datetime.now(UTC))
    demo_people(at=datetime.now(UTC))
    seal_at = f"{ADDRESS}seal"
    assert Client().post(seal_at, {"day": "2021-06-30"}).status_code == 302
    assert frozen(plan="zjk-135") == []
    stranger = Client()
    stranger.force_login(Person.objects.create_user(login="zhao", name="赵"))
    assert stranger.post(seal_at, {"day": "2021-06-30"}).status_code == 403
    officer = Client(headers={"accept-language": "zh"})
    officer.force_login(Person.objects.get(login="zjk-gxj-plan"))
    for bad in ("2020-06-30", "2199-01-01", "2098-01-01", "yesterday", ""):
        answer = officer.post(seal_at, {"day": bad})
        assert answer.status_code == 422, bad
        assert "有问题" in answer.content.decode() or "error" in answer.content.decode()
    assert officer.post(seal_at, {"day": "2021-06-30"}).status_code == 302
    page = officer.get(ADDRESS).content.decode()
    assert "97.5 %" in page
    assert "本评估已封存" in page
    assert frozen(plan="zjk-135")[0].digest in page
