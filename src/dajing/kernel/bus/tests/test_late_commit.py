"""Two writers at once: only PostgreSQL has them."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from dajing.kernel.bus import registry, source
from dajing.kernel.bus.api import publish
from dajing.kernel.bus.delivery import deliver

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@pytest.mark.store
@pytest.mark.django_db(transaction=True)
def test_an_act_that_began_first_and_committed_last_is_not_skipped():
    got: list[str] = []
    consumer = registry.Consumer(name="t.late", topic="sample.made", effect=lambda e: got.append(e.payload["who"]))
    written, delivered = threading.Event(), threading.Event()

    def slow_act():
        with transaction.atomic():
            publish(topic="sample.made", payload={"who": "slow"}, at=NOW)
            written.set()
            delivered.wait(10)
        connection.close()

    slow = threading.Thread(target=slow_act)
    slow.start()
    written.wait(10)
    with transaction.atomic():
        publish(topic="sample.made", payload={"who": "quick"}, at=NOW)
    source.sequence()
    deliver(consumer=consumer, now=NOW)
    assert got == ["quick"]
    delivered.set()
    slow.join()
    source.sequence()
    deliver(consumer=consumer, now=NOW)
    assert got == ["quick", "slow"]
