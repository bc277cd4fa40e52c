"""A notice reaches its person once, in the inbox and over the channels chosen, whatever a channel does."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.models import Person
from dajing.kernel.live.stream import may_listen
from dajing.kernel.notify import doctor, port, rules, sending, service
from dajing.kernel.notify.models import ChannelState, Delivery, Notice
from dajing.kernel.notify.outgoing import UnableToReach, allowed, post
from dajing.kernel.settings import Settings, settings
from dajing.kernel.text import Text

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]
AT = datetime(2018, 6, 4, 2, tzinfo=UTC)  # 10:00 in China
ZONE = ZoneInfo("Asia/Shanghai")
WORDS = Text(zh="交办：核对口径", en="Given to you: check the definition")


class Answering(http.server.BaseHTTPRequestHandler):
    """A gateway that keeps what it is sent and answers as it is told."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), json.loads(body)))
        status, answer, extra = self.server.says
        self.send_response(status)
        for name, value in extra.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def gateway():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.got, server.says = [], (200, b'{"errcode":0,"errmsg":"ok"}', {})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def person():
    return Person.objects.create_user(login="li", name="李", email="li@example.org")


@pytest.fixture
def by(person):
    return Actor(id=f"person:{person.pk}", name="李")


def configure(monkeypatch, **values):
    changed = settings().model_copy(update={"public_url": "https://centre.example", "demo": "none"} | values)
    monkeypatch.setattr("dajing.kernel.notify.service.settings", lambda: changed)
    return changed


def tell(by, key="k", at=AT, link="/work/"):
    return service.notify(people=[by.id], text=WORDS, link=link, at=at, key=key)


def test_the_same_event_tells_a_person_once(by):
    assert [tell(by), tell(by)] == [1, 0]
    assert Notice.objects.count() == 1


@pytest.mark.parametrize("link", ["https://evil.example/", "//evil.example/", "work/", "javascript:alert(1)"])
def test_a_notice_leads_nowhere_but_here(by, link):
    with pytest.raises(ValueError, match="this centre alone"):
        tell(by, link=link)


def test_the_inbox_is_ones_own_and_following_a_notice_marks_it_read(by, person, client):
    tell(by)
    other = Person.objects.create_user(login="wang", name="王")
    client.force_login(other)
    notice = Notice.objects.get()
    assert client.get(f"/notices/{notice.pk}/").status_code == 404
    client.post("/notices/read")
    assert service.unread(person=by.id) == 1
    client.force_login(person)
    page = client.get("/notices/", headers={"accept-language": "en"}).content.decode()
    assert WORDS.en in page and "Unread" in page
    assert client.get("/notices/unread").json() == {"unread": 1}
    assert client.get(f"/notices/{notice.pk}/").headers["location"] == "/work/"
    assert service.unread(person=by.id) == 0


def test_a_stranger_has_no_inbox(client):
    for path in ("/notices/", "/notices/unread", "/notices/preferences/", "/notices/1/"):
        assert client.get(path).status_code == 302


def test_only_the_person_may_listen_to_the_own_topic(by, person, client):
    from dajing.kernel.live.api import own_topic

    client.force_login(person)
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    assert may_listen(topics=frozenset({own_topic(person=by.id)}), cookie=cookie)
    assert not may_listen(topics=frozenset({own_topic(person="person:999")}), cookie=cookie)
    assert not may_listen(topics=frozenset({own_topic(person=by.id)}), cookie="")


def test_wecom_gets_the_documented_message_with_one_link_back(by, gateway, monkeypatch):
    url = f"http://127.0.0.1:{gateway.server_port}/cgi-bin/webhook/send?key=k"
    with_it = configure(monkeypatch, notify_wecom=url, outgoing_hosts=["127.0.0.1"])
    service.prefer(wishes=service.Wishes(channels=("wecom",), phone="13800000000"), by=by)
    tell(by)
    assert sending.send_waiting(name="wecom", settings=with_it, at=AT) == 1
    path, _, body = gateway.got[0]
    assert path == "/cgi-bin/webhook/send?key=k"
    assert body["msgtype"] == "text" and body["text"]["mentioned_mobile_list"] == ["13800000000"]
    assert body["text"]["content"].count("http") == 1
    assert body["text"]["content"].endswith("https://centre.example/work/")
    assert Delivery.objects.get().state == "sent"
    assert sending.send_waiting(name="wecom", settings=with_it, at=AT) == 0 and len(gateway.got) == 1


def test_sms_carries_the_token_in_a_header_and_never_in_the_address(by, gateway, monkeypatch):
    url = f"http://127.0.0.1:{gateway.server_port}/send#secret"
    with_it = configure(monkeypatch, notify_sms=url, outgoing_hosts=["127.0.0.1"])
    service.prefer(wishes=service.Wishes(channels=("sms",), phone="13800000000"), by=by)
    tell(by)
    sending.send_waiting(name="sms", settings=with_it, at=AT)
    path, headers, body = gateway.got[0]
    assert path == "/send" and headers["Authorization"] == "Bearer secret" and body["phone"] == "13800000000"


def test_a_dead_channel_rests_with_growing_pauses_is_shown_and_loses_nothing(by, gateway, monkeypatch):
    url = f"http://127.0.0.1:{gateway.server_port}/send"
    with_it = configure(monkeypatch, notify_sms=url, outgoing_hosts=["127.0.0.1"])
    service.prefer(wishes=service.Wishes(channels=("sms",), phone="13800000000"), by=by)
    gateway.says = (503, b"", {})
    tell(by, "a")
    tell(by, "b")
    for seconds in (0, 5, 11, 15, 40):
        sending.send_waiting(name="sms", settings=with_it, at=AT + timedelta(seconds=seconds))
    assert len(gateway.got) == 3  # at 0, 11 and 40 seconds: one message each, not the whole backlog
    finding = doctor.notifications(with_it, AT + timedelta(minutes=2))
    assert finding.state == "warning" and "503" in finding.found.en and "(2)" in finding.found.en
    gateway.says = (200, b"", {})
    for minutes in (5, 6):
        sending.send_waiting(name="sms", settings=with_it, at=AT + timedelta(minutes=minutes))
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    assert doctor.notifications(with_it, AT).state == "good"


def test_a_number_that_is_refused_holds_up_nobody_else(by, gateway, monkeypatch):
    url = f"http://127.0.0.1:{gateway.server_port}/send"
    with_it = configure(monkeypatch, notify_sms=url, outgoing_hosts=["127.0.0.1"])
    service.prefer(wishes=service.Wishes(channels=("sms",), phone="13800000000"), by=by)
    gateway.says = (422, b"unknown number", {})
    tell(by)
    for hours in range(rules.MOST_ATTEMPTS + 2):
        sending.send_waiting(name="sms", settings=with_it, at=AT + timedelta(hours=hours))
    row = Delivery.objects.get()
    assert (row.state, row.attempts) == ("refused", rules.MOST_ATTEMPTS)
    assert ChannelState.objects.get().failures == 0


def test_a_mail_is_sent_over_smtp_in_both_languages(by, monkeypatch):
    with smtp_server() as (number, got):
        with_it = configure(monkeypatch, notify_mail=f"smtp://127.0.0.1:{number}/?from=centre@example.org")
        tell(by)
        assert sending.send_waiting(name="mail", settings=with_it, at=AT) == 1
    import email
    from email.policy import default

    mail = email.message_from_bytes(got["data"], policy=default)
    assert mail["To"] == "li@example.org" and mail["From"] == "centre@example.org"
    text = mail.get_content()
    assert WORDS.zh in text and WORDS.en in text and text.count("https://") == 1


def test_synthetic_data_says_so_when_it_leaves(by, monkeypatch):
    with_it = configure(monkeypatch, demo="small")
    tell(by)
    assert "演示数据" in sending.message(notice=Notice.objects.get(), address="a", settings=with_it).text


def test_a_message_a_day_late_is_not_sent_but_stays_in_the_inbox(by, gateway, monkeypatch):
    url = f"http://127.0.0.1:{gateway.server_port}/send"
    with_it = configure(monkeypatch, notify_sms=url, outgoing_hosts=["127.0.0.1"])
    service.prefer(wishes=service.Wishes(channels=("sms",), phone="13800000000"), by=by)
    tell(by)
    assert sending.send_waiting(name="sms", settings=with_it, at=AT + timedelta(hours=25)) == 0
    assert Delivery.objects.get().state == "expired" and service.unread(person=by.id) == 1


def test_quiet_hours_hold_a_message_until_their_end(by, monkeypatch):
    configure(monkeypatch, notify_mail="smtp://mail.example/")
    night = datetime(2018, 6, 4, 23, tzinfo=ZONE)
    tell(by, at=night)
    assert Delivery.objects.get().not_before == datetime(2018, 6, 5, 7, tzinfo=ZONE)


@given(st.datetimes(datetime(2018, 1, 1), datetime(2019, 1, 1)), st.times(), st.times())
def test_no_message_ever_leaves_in_quiet_hours_or_more_than_a_day_later(naive, start, end):
    at = naive.replace(tzinfo=ZONE)
    start, end = start.replace(tzinfo=None, fold=0), end.replace(tzinfo=None, fold=0)
    leaves = rules.earliest(at=at, quiet_from=start, quiet_to=end, zone=ZONE)
    local = leaves.astimezone(ZONE).time()
    inside = (start <= local < end) if start < end else (local >= start or local < end) if start > end else False
    assert not inside and timedelta(0) <= leaves - at <= timedelta(days=1)


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest/meta-data/", "http://localhost:22/", "https://user:pw@gw.example/",
     "file:///etc/passwd", "gopher://gw.example/", "http://gw.example.evil.example/", "http://[::1]/", "http:///x"],
)  # fmt: skip
def test_what_the_settings_do_not_list_is_never_asked(url):
    with pytest.raises(UnableToReach):
        allowed(url=url, hosts=frozenset({"gw.example"}))


def test_a_listed_name_that_leads_inside_is_not_asked(monkeypatch):
    def inward(*_, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", inward)
    with pytest.raises(UnableToReach, match="127.0.0.1"):
        allowed(url="http://gw.example/", hosts=frozenset({"gw.example"}))


def test_a_redirect_is_not_followed(gateway):
    gateway.says = (302, b"", {"Location": "http://169.254.169.254/"})
    url = f"http://127.0.0.1:{gateway.server_port}/"
    assert post(url=url, body=b"{}", headers={}, hosts=frozenset({"127.0.0.1"})).status == 302
    assert len(gateway.got) == 1


@pytest.mark.parametrize(
    "phone", ["12800000000", "1380000000", "138000000000", "１３８００００００００", "1380000000a"]
)
def test_a_number_that_is_no_mobile_number_is_refused_and_kept_in_the_form(phone, person, client):
    client.force_login(person)
    form = {"channels": "sms", "phone": phone, "quiet_from": "21:00", "quiet_to": "07:00"}
    answer = client.post("/notices/preferences/", form)
    assert answer.status_code == 422 and phone in answer.content.decode() and 'href="#phone"' in answer.content.decode()


def test_preferences_are_kept_and_bad_hours_are_not(by, person, client):
    client.force_login(person)
    form = {"channels": ["sms", "nonsense"], "phone": "13800000000", "quiet_from": "22:30", "quiet_to": "06:15"}
    assert client.post("/notices/preferences/", form).status_code == 302
    kept = service.wishes_of(person=by.id)
    assert kept == service.Wishes(channels=("sms",), phone="13800000000", quiet_from=time(22, 30), quiet_to=time(6, 15))
    assert client.post("/notices/preferences/", form | {"quiet_to": "25:00"}).status_code == 422


def test_old_notices_are_forgotten_and_unread_ones_much_later(by):
    tell(by, "read")
    service.read(by=by, at=AT)
    tell(by, "unread")
    assert service.forget_old(at=AT + timedelta(days=91)) == 1
    assert service.unread(person=by.id) == 1
    service.forget_old(at=AT + timedelta(days=401))
    assert service.unread(person=by.id) == 0


def test_the_frame_shows_how_many_are_unread(by, person, client):
    for number in range(3):
        tell(by, str(number))
    client.force_login(person)
    assert 'data-topic="own.' in (page := client.get("/notices/").content.decode())
    assert ">3</span>" in page


def test_settings_name_the_channels_and_nothing_is_sent_without_them(by):
    assert port.configured(settings=Settings()) == []
    tell(by)
    assert not Delivery.objects.exists()


class smtp_server:  # noqa: N801
    """As much of RFC 5321 as one mail needs, on a free port."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.got = {}
        threading.Thread(target=self._talk, daemon=True).start()
        return self.listener.getsockname()[1], self.got

    def __exit__(self, *_):
        self.listener.close()

    def _talk(self):
        place, _ = self.listener.accept()
        with place, place.makefile("rwb", buffering=0) as wire:
            wire.write(b"220 test\r\n")
            for line in wire:
                verb = line[:4].upper()
                if verb == b"DATA":
                    wire.write(b"354 go\r\n")
                    lines = iter(wire.readline, b".\r\n")
                    self.got["data"] = b"".join(one.removeprefix(b".") for one in lines)
                wire.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
                if verb == b"QUIT":
                    return
