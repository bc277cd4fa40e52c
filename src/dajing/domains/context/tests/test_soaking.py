"""The soak on a small scale: what it counts is what happened."""

from __future__ import annotations

import pytest

from dajing.domains.context.soaking import Told, soak


@pytest.mark.fault
def test_a_short_soak_loses_nothing() -> None:
    lines: list[int] = []
    found = soak(minutes=0.05, every=1.0, tell=lambda state: lines.append(state.written))
    assert lines == sorted(lines)
    assert found.lost == 0
    assert found.failed == 0
    assert found.notified >= found.written > 0


def test_an_update_without_notification_counts_as_lost() -> None:
    told = Told()
    for name, value in [("a", 3), ("a", 1), ("a", 1), ("b", 1)]:
        told.add(name, value)
    assert told.lacking({"a": 3, "b": 1, "c": 2}) == 3  # a's second, and both of c
    told.add("a", 2)
    assert told.lacking({"a": 3, "b": 1}) == 0
    assert told.count == 4
