"""Steps that make a data directory ready: each slice's ``setup.py`` declares its own."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from dajing.kernel.manifest import kernel_parts, slice_parts
from dajing.kernel.text import Text


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One idempotent step of start-up: runs at every ``up`` and must be quick when there is nothing to do.

    ``order``: 10 areas, 20 identity, 30 packs of domains, 90 what enqueues background jobs.
    """

    name: str
    title: Text
    order: int
    run: Callable[[], None]


def steps() -> list[Step]:
    """All steps (``STEPS`` in a slice's ``setup.py``) in their order."""
    parts = (*kernel_parts(name="setup"), *slice_parts(name="setup"))
    return sorted((step for part in parts for step in part.STEPS), key=lambda step: (step.order, step.name))
