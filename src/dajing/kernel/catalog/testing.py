"""For tests of any slice: a Sail cluster on loopback, a stream, and rows whose order does not depend on the engine.

Use it in a ``conftest.py`` with ``from dajing.kernel.catalog.testing import sail  # noqa: F401`` and mark the tests
``sail``; ``relation(stream=…, url=sail)`` then builds the same expression for the cluster.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from dajing.kernel.catalog.engine import _local
from dajing.kernel.series import declarations

if TYPE_CHECKING:
    import ibis

MODE = "SAIL_MODE"


@pytest.fixture(scope="session")
def sail() -> Iterator[str]:
    """URL of a Sail server in ``local-cluster`` mode: a driver and workers that exchange data over the network."""
    kept = os.environ.get(MODE)
    os.environ[MODE] = "local-cluster"
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    try:
        yield f"sc://127.0.0.1:{server.listening_address[1]}"
    finally:
        # an open session would try for ten minutes, when the process ends, to take leave of the ended server
        for engine in _local.__dict__.get("opened", {}).values():
            if engine.backend.name == "pyspark":
                engine.backend.disconnect()
        server.stop()
        if kept is None:
            os.environ.pop(MODE)
        else:
            os.environ[MODE] = kept


@pytest.fixture
def stream() -> Iterator[str]:
    """A stream of its own for each test, because history outlives the rolled-back rows of a test."""
    name = f"trial.counts_{uuid4().hex}"
    columns = {"record_id": "!string", "area": "string", "value": "float64", "revision": "int32"}
    declarations.declare(stream=name, columns=columns)
    yield name
    declarations._streams.pop(name)


def records(table: ibis.Table) -> list[dict[str, Any]]:
    """The rows of an expression in an order that does not depend on the engine."""
    rows = table.to_pyarrow().to_pylist()
    return sorted(rows, key=lambda row: [(value is not None, str(value)) for value in row.values()])


def assert_same(one: ibis.Table, other: ibis.Table, *, relative: float = 1e-12) -> None:
    """Assert that two engines gave the same rows; sums of floats may differ in their last bits, nothing else may."""
    left, right = records(one), records(other)
    assert len(left) == len(right)  # noqa: S101 - this module is for tests
    for a, b in zip(left, right, strict=True):
        assert a.keys() == b.keys()  # noqa: S101
        for name, value in a.items():
            other_value = b[name]
            if isinstance(value, float) and isinstance(other_value, float):
                assert math.isclose(value, other_value, rel_tol=relative), (name, value, other_value)  # noqa: S101
            else:
                assert value == other_value, (name, value, other_value)  # noqa: S101
