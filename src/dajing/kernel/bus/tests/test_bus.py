from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from dajing.kernel.bus import registry, source
from dajing.kernel.bus.api import Event, consumer, publish
from dajing.kernel.bus.delivery import ATTEMPTS, deliver, recover, redeliver
from dajing.kernel.bus.models import DeadLetter, Position
from dajing.kernel.bus.models import Event as Row
from dajing.kernel.bus.retention import prune

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def declared():
    names = []

    def declare(*, name, topic, effect):
        consumer(topic=topic, name=name)(effect)
        names.append(name)
        return next(c for c in registry.consumers() if c.name == name)

    yield declare
    for name in names:
        registry.unregister(name=name)


def say(topic, **payload):
    with transaction.atomic():
        publish(topic=topic, payload=payload, at=NOW)


def test_an_event_of_a_rolled_back_act_never_existed():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish(topic="sample.made", payload={}, at=NOW)
        raise ZeroDivisionError
    assert source.sequence() == 0
    assert not Row.objects.exists()


def test_publishing_outside_a_transaction_is_refused():
    with pytest.raises(RuntimeError, match="inside the transaction"):
        publish(topic="sample.made", payload={}, at=NOW)


def test_a_consumer_gets_its_topic_in_order_and_each_event_once(declared):
    got: list[int] = []
    one = declared(name="t.one", topic="sample.made", effect=lambda e: got.append(e.payload["n"]))
    for n in range(3):
        say("sample.made", n=n)
        say("sample.other", n=100 + n)
    source.sequence()
    assert deliver(consumer=one, now=NOW) == 3
    assert deliver(consumer=one, now=NOW) == 0
    assert got == [0, 1, 2]


def test_a_star_follows_every_topic_of_a_slice(declared):
    got: list[str] = []
    every = declared(name="t.every", topic="sample.*", effect=lambda e: got.append(e.topic))
    say("sample.made")
    say("samples.made")
    say("sample.gone")
    source.sequence()
    deliver(consumer=every, now=NOW)
    assert got == ["sample.made", "sample.gone"]


def test_a_failing_effect_leaves_no_trace_and_is_retried_with_growing_pauses(declared):
    def effect(event: Event) -> None:
        DeadLetter.objects.create(
            consumer="trace", seq=event.seq, topic="x", payload={}, at=NOW, error="", buried_at=NOW
        )
        raise ValueError("no")

    bad = declared(name="t.bad", topic="sample.made", effect=effect)
    say("sample.made")
    source.sequence()
    assert deliver(consumer=bad, now=NOW) == 0
    position = Position.objects.get(name="t.bad")
    assert (position.seq, position.failures, position.retry_at) == (0, 1, NOW + timedelta(seconds=1))
    assert not DeadLetter.objects.exists()
    assert deliver(consumer=bad, now=NOW) == 0
    assert Position.objects.get(name="t.bad").failures == 1, "not before its time"
    deliver(consumer=bad, now=NOW + timedelta(seconds=1))
    assert Position.objects.get(name="t.bad").retry_at == NOW + timedelta(seconds=3)


def test_an_event_that_always_fails_is_buried_and_the_next_one_is_delivered(declared):
    got: list[int] = []

    def effect(event: Event) -> None:
        if event.payload["n"] == 0:
            raise ValueError("cannot read this one")
        got.append(event.payload["n"])

    picky = declared(name="t.picky", topic="sample.made", effect=effect)
    say("sample.made", n=0)
    say("sample.made", n=1)
    source.sequence()
    now = NOW
    for _ in range(ATTEMPTS):
        deliver(consumer=picky, now=now)
        now += timedelta(minutes=6)
    deliver(consumer=picky, now=now)
    assert got == [1]
    letter = DeadLetter.objects.get()
    assert letter.payload == {"n": 0}
    assert "cannot read this one" in letter.error


def test_a_buried_event_can_be_delivered_again_after_the_cure(declared):
    got: list[int] = []
    cured = declared(name="t.cured", topic="sample.made", effect=lambda e: got.append(e.seq))
    letter = DeadLetter.objects.create(
        consumer="t.cured", seq=7, topic="sample.made", payload={}, at=NOW, error="", buried_at=NOW
    )
    redeliver(letter=letter, consumer=cured)
    redeliver(letter=letter, consumer=cured)
    assert got == [7]


def test_an_event_that_kills_its_worker_counts_as_failed_so_that_it_is_buried_in_the_end(declared):
    killer = declared(name="t.killer", topic="sample.made", effect=lambda e: None)
    say("sample.made")
    source.sequence()
    Position.objects.create(name="t.killer", running=True)  # what a SIGKILL during the delivery leaves behind
    recover(consumer=killer, now=NOW)
    position = Position.objects.get(name="t.killer")
    assert (position.failures, position.running) == (1, False)


def test_two_consumers_cannot_share_a_stored_position(declared):
    def other(event: Event) -> None:
        raise AssertionError

    declared(name="t.same", topic="sample.made", effect=lambda e: None)
    with pytest.raises(ValueError, match="two consumers"):
        consumer(topic="sample.made", name="t.same")(other)


def test_a_retry_planned_by_a_clock_that_ran_ahead_is_made_when_the_clock_is_right_again(declared):
    got: list[int] = []
    one = declared(name="t.ahead", topic="sample.made", effect=lambda e: got.append(e.seq))
    say("sample.made")
    source.sequence()
    Position.objects.create(name="t.ahead", failures=1, retry_at=NOW + timedelta(days=365))
    assert deliver(consumer=one, now=NOW) == 1
    assert got


def test_old_events_are_deleted_but_none_that_a_consumer_still_waits_for(declared):
    done = declared(name="t.done", topic="sample.made", effect=lambda e: None)
    declared(name="t.behind", topic="sample.other", effect=lambda e: None)
    for topic in ("sample.made", "sample.other", "sample.unread", "sample.made"):
        say(topic)
    source.sequence()
    deliver(consumer=done, now=NOW)
    assert prune(now=NOW + timedelta(days=29)) == 0
    assert prune(now=NOW + timedelta(days=31)) == 2
    left = list(Row.objects.order_by("seq").values_list("topic", flat=True))
    assert left == ["sample.other", "sample.made"], "one is waited for, one is the newest"
