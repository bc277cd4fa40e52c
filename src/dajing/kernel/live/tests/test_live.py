"""The stream of live events, called as a server calls it."""

import asyncio
import contextlib

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from dajing.kernel.bus import source
from dajing.kernel.identity.models import Person
from dajing.kernel.live import api, feed
from dajing.kernel.live.feed import Listener, encode
from dajing.kernel.live.stream import PER_ADDRESS, Live, may_listen


@pytest.fixture
def public():
    api.topic(name="t.public", audience=api.PUBLIC)
    yield "t.public"
    api._topics.pop("t.public")


class Page:
    """One listening browser."""

    def __init__(self, live, *, topics, headers=(), client="127.0.0.1"):
        self.sent, self.left = [], asyncio.Event()
        scope = {"type": "http", "query_string": f"topics={topics}".encode(), "headers": list(headers)}
        self.task = asyncio.create_task(live(scope | {"client": (client, 1)}, self._receive, self._send))

    async def _receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        self.sent.append(message)

    @property
    def text(self):
        return b"".join(m.get("body", b"") for m in self.sent).decode()

    async def sees(self, part):
        async with asyncio.timeout(5):
            while part not in self.text:
                await asyncio.sleep(0.01)

    async def leave(self):
        self.left.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(self.task, 5)


async def test_a_page_hears_its_topics_and_no_others(public):
    live = Live()
    page = Page(live, topics=public)
    await page.sees("retry: 3000")
    live.feed.take(messages=[encode(id=1, topic="t.else", payload={}), encode(id=2, topic=public, payload={"n": "中"})])
    await page.sees('id: 2\nevent: t.public\ndata: {"n":"中"}\n\n')
    assert "t.else" not in page.text
    await page.leave()
    assert len(live.feed) == 0


async def test_a_page_that_comes_back_gets_what_it_missed_once_and_in_order(public):
    live = Live()
    live.feed.take(messages=[encode(id=n, topic=public, payload={"n": n}) for n in range(1, 6)])
    page = Page(live, topics=public, headers=[(b"last-event-id", b"3")])
    await page.sees('{"n":5}')
    assert [n for n in range(1, 6) if f"id: {n}\n" in page.text] == [4, 5]
    await page.leave()


async def test_a_page_that_was_away_too_long_is_told_to_fetch_everything_anew(public, monkeypatch):
    monkeypatch.setattr(feed, "MEMORY", 3)
    live = Live()
    live.feed._memory = feed.deque(maxlen=3)
    live.feed.take(messages=[encode(id=n, topic=public, payload={}) for n in range(1, 9)])
    page = Page(live, topics=public, headers=[(b"last-event-id", b"1")])
    await page.sees("event: reset")
    await page.leave()


def test_a_page_that_does_not_read_is_given_up_and_holds_a_bounded_amount():
    slow = Listener(topics=frozenset({"t"}))
    for n in range(feed.BUFFER * 3):
        slow.offer(encode(id=n, topic="t", payload={}))
    assert slow.lost
    assert slow.queue.qsize() == feed.BUFFER


async def test_one_address_cannot_take_all_places(public):
    live = Live()
    pages = [Page(live, topics=public) for _ in range(PER_ADDRESS)]
    for page in pages:
        await page.sees("retry")
    refused = Page(live, topics=public)
    await refused.sees("too many")
    assert refused.sent[0]["status"] == 503
    for page in [*pages, refused]:
        await page.leave()


@pytest.mark.parametrize("topics", ["", ",".join(f"t{n}" for n in range(21))])
async def test_no_topics_or_too_many_are_refused(topics):
    page = Page(Live(), topics=topics)
    await page.sees("topics=")
    assert page.sent[0]["status"] == 400
    await page.leave()


@pytest.mark.django_db(transaction=True)
def test_an_undeclared_topic_is_for_people_who_are_signed_in():
    person = Person.objects.create_user("li", "correct horse", name="李四")
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(person.pk), "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    topics = frozenset({"t.private"})
    assert may_listen(topics=topics, cookie=f"a=b; sessionid={session.session_key}")
    assert not may_listen(topics=topics, cookie="sessionid=invented")
    assert not may_listen(topics=topics, cookie="")
    person.set_password("another")
    person.save()
    assert not may_listen(topics=topics, cookie=f"sessionid={session.session_key}"), "the old session is void"


@pytest.mark.django_db(transaction=True)
def test_what_one_process_announces_another_reads_from_the_outbox():
    api.announce(topic="t.public", data={"n": 1})
    source.sequence()
    (message,) = feed._remembered()
    assert message.topic == "t.public"
    assert b'data: {"n":1}' in message.wire
    assert feed._after(message.id) == []
