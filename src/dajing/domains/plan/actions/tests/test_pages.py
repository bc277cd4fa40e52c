"""督办 at a browser without scripts: from the gap's link to the closing, each at their own desk."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from dajing.domains.plan.actions import pages
from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.register.rules import Entry, Milestone
from dajing.domains.plan.register.service import fill
from dajing.kernel.casework.models import Case
from dajing.kernel.forms.api import of_owner
from dajing.kernel.identity.holding import actor as holding_actor
from dajing.kernel.identity.loading import load
from dajing.kernel.identity.models import Person

pytestmark = pytest.mark.django_db
LATER = (date.today() + timedelta(days=200)).isoformat()
TYPED = {
    "title": "补齐张北 4G 覆盖", "text": "新建基站 12 座", "indicator": "population_4g", "area": "130722",
    "owner": "zjk-txb", "until": LATER, "evidence": "完工报告\n测试记录", "verifier": "zjk-gxj", "key": "first",
}  # fmt: skip


class Browser:
    def __init__(self, client, login, language="zh-hans"):
        self.client, self.language = client, language
        client.force_login(Person.objects.get(login=login))

    def get(self, name, *args, **query):
        return self.client.get(reverse(name, args=args), query, headers={"accept-language": self.language})

    def post(self, name, *args, **data):
        return self.client.post(reverse(name, args=args), data, headers={"accept-language": self.language}, follow=True)


@pytest.fixture
def at_desk(client):
    load()
    return lambda login, language="zh-hans": Browser(client, login, language)


def press(browser, case, verb, **typed):
    html = browser.get("plan-action", case).content.decode()
    assert f'value="{verb}"' in html, f"{verb} is not offered"
    seq = re.search(r'name="seq" value="(\d+)"', html)[1]
    return browser.post("plan-action-act", case, verb=verb, seq=seq, key=f"{verb}-{seq}", **typed)


def opened(at_desk):
    at_desk("zjk-gxj-plan").post("plan-action-new", "zjk-135", **TYPED)
    return Case.objects.get().pk


def test_the_form_knows_what_the_link_said(at_desk):
    html = at_desk("zjk-gxj-plan").get("plan-action-new", "zjk-135", indicator="iptv", area="130722", due=LATER)
    text = html.content.decode()
    assert '<option value="iptv" selected>' in text
    assert '<option value="130722" selected>' in text
    assert '<option value="zjk-gdj" selected>' in text  # who answers for the indicator
    assert f'value="{LATER}"' in text


def test_an_action_is_opened_instructed_given_reported_verified_and_closed_at_five_desks(at_desk):
    case = opened(at_desk)
    press(at_desk("zjk-gxj-leader"), case, "instruct", reason="抓紧办理")
    press(at_desk("zjk-gxj-plan"), case, "give")
    answer = press(
        at_desk("zjk-txb-data"), case, "report", reason="已开通", **{"evidence-0": "档1", "evidence-1": "档2"}
    )
    assert "待核验" in answer.content.decode()
    press(at_desk("zjk-gxj-inspector"), case, "verify", reason="现场核实")
    answer = press(at_desk("zjk-gxj-plan"), case, "close")
    text = answer.content.decode()
    for words in ("已销号", "抓紧办理", "已开通", "完工报告", "档2", "现场核实"):
        assert words in text
    assert Case.objects.get().open is False


def test_mistakes_are_told_at_their_fields_and_what_was_typed_stays(at_desk):
    answer = at_desk("zjk-gxj-plan", "en").post(
        "plan-action-new",
        "zjk-135",
        **(TYPED | {"verifier": "zjk-txb", "until": "soon", "period": "2020-06", "low": "x"}),
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Enter a number." in text
    assert "Write a date such as 2026-06-30." in text
    assert "新建基站 12 座" in text
    assert not Case.objects.exists()


def test_the_same_form_sent_twice_is_one_action(at_desk):
    opened(at_desk)
    assert opened(at_desk)


def test_an_act_on_what_somebody_else_moved_meanwhile_is_refused_in_words(at_desk):
    case = opened(at_desk)
    press(at_desk("zjk-gxj-leader"), case, "instruct", reason="抓紧办理")
    answer = at_desk("zjk-gxj-plan").post("plan-action-act", case, verb="withdraw", seq="1", reason="x", key="late")
    assert "刚被他人办理" in answer.content.decode()


@pytest.mark.parametrize("seq", ["", "-1", "9" * 40, "²", "1.5"])
def test_nonsense_in_a_hidden_field_is_refused_and_changes_nothing(at_desk, seq):
    case = opened(at_desk)
    answer = at_desk("zjk-gxj-leader").post("plan-action-act", case, verb="instruct", seq=seq, reason="x")
    assert answer.status_code == 200
    assert Case.objects.get().state == "proposed"


def test_the_board_and_the_indicator_show_counts_to_all_and_the_action_to_its_readers(at_desk, client):
    case = opened(at_desk)
    board = client.get(reverse("plan-board", args=["zjk-135"])).content.decode()
    assert "在办 1 件" in board
    readers = at_desk("zjk-gxj-plan").get("plan-indicator", "zjk-135", "population_4g").content.decode()
    assert f"/plan/actions/{case}/" in readers
    client.logout()
    public = client.get(reverse("plan-indicator", args=["zjk-135", "population_4g"])).content.decode()
    assert "在办 1 件" in public
    assert case not in public


def test_a_stranger_finds_no_such_action_and_one_link_leads_readers_to_it(at_desk):
    case = opened(at_desk)
    assert at_desk("unit-130726-data").get("plan-action", case).status_code == 404
    assert at_desk("unit-130726-data").get("case", case).status_code == 404
    assert at_desk("zjk-gxj-plan").get("case", case)["Location"] == f"/plan/actions/{case}/"


def test_the_list_is_paged_by_key(at_desk, monkeypatch):
    monkeypatch.setattr(pages, "SIZE", 2)
    browser = at_desk("zjk-gxj-plan")
    for number in range(5):
        browser.post("plan-action-new", "zjk-135", **(TYPED | {"key": f"k{number}", "title": f"事项{number}"}))
    address, seen = reverse("plan-actions", args=["zjk-135"]), []
    while address:
        html = browser.client.get(address)
        seen += re.findall(r"事项(\d)", html.content.decode())
        address = html.context["next_url"] and reverse("plan-actions", args=["zjk-135"]) + html.context["next_url"]
    assert sorted(seen) == list("01234")
    assert browser.client.get(reverse("plan-actions", args=["zjk-135"]), {"after": "x~y"}).status_code == 404


def to_the_owner(at_desk):
    case = opened(at_desk)
    press(at_desk("zjk-gxj-leader"), case, "instruct", reason="抓紧办理")
    press(at_desk("zjk-gxj-plan"), case, "give")
    return case


def test_evidence_may_come_as_files_which_the_verifier_opens_and_a_stranger_does_not(at_desk, client):
    case = to_the_owner(at_desk)
    photo, out = Image.new("RGB", (4, 3)), io.BytesIO()
    photo.save(out, "JPEG")
    pdf = SimpleUploadedFile("测试记录.pdf", b"%PDF-1.4\ntrailer<<>>\n%%EOF\n")
    files = {"file-0": SimpleUploadedFile("完工.jpg", out.getvalue()), "file-1": pdf, "evidence-1": "档〔2018〕2号"}
    press(at_desk("zjk-txb-data"), case, "report", reason="已完工", **files)
    assert Case.objects.get().state == "reported"
    page = at_desk("zjk-gxj-plan").get("plan-action", case).content.decode()
    assert "档〔2018〕2号" in page
    opened_at = [client.get(f"/attachments/{row.pk}/").status_code for row in of_owner(owner=f"case:{case}")]
    assert opened_at == [200, 200]
    at_desk("unit-130726-data")
    assert client.get(f"/attachments/{of_owner(owner=f'case:{case}')[0].pk}/").status_code == 404


def test_evidence_that_is_not_taken_leaves_the_action_as_it_was(at_desk):
    case = to_the_owner(at_desk)
    files = {"file-0": SimpleUploadedFile("完工.jpg", b"MZ"), "evidence-0": "档1", "evidence-1": "档2"}
    files |= {"file-1": SimpleUploadedFile("测试.pdf", b"%PDF-1.4\ntrailer<<>>\n%%EOF\n")}
    answer = press(at_desk("zjk-txb-data"), case, "report", reason="已完工", **files)
    assert "材料未接收" in answer.content.decode()
    assert Case.objects.get().state == "given" and of_owner(owner=f"case:{case}") == []


def test_a_milestone_of_a_key_project_is_the_same_kind_of_case(at_desk):
    plan, slot = load_plan(), next(s.id for s in load_plan().slots if s.kind == "project")
    steps = tuple(Milestone(title=name, due=date.fromisoformat(LATER)) for name in ("可研批复", "竣工验收"))
    entry = Entry(title="云中心", approval="张发改〔2026〕1号", money_wan=None, milestones=steps, targets=("iptv",))
    by = actor_of_login("zjk-gxj-plan")
    fill(plan=plan, slot=slot, entry=entry, expected=0, by=by, at=datetime.now(UTC))
    officer = at_desk("zjk-gxj-plan")
    page = officer.get("plan-slots", "zjk-135").content.decode()
    assert f"slot={slot}&amp;milestone=2" in page
    form = officer.get("plan-action-new", "zjk-135", slot=slot, milestone=2, until=LATER).content.decode()
    assert 'value="云中心：竣工验收"' in form
    typed = TYPED | {"indicator": "", "slot": slot, "milestone": "2", "title": "云中心：竣工验收", "area": "130700"}
    assert officer.post("plan-action-new", "zjk-135", **(typed | {"milestone": "3"})).status_code == 422
    officer.post("plan-action-new", "zjk-135", **typed)
    assert Case.objects.get().subject == f"plan:zjk-135/slot:{slot}"


def actor_of_login(login):
    return holding_actor(person=Person.objects.get(login=login), at=datetime.now(UTC))
