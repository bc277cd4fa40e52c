"""Shared fixtures: the shared reference data, a data directory of its own for the whole run."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture
def shared() -> Path:
    """The reference data beside the checkout; the test says so and skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("reads ../shared, which is absent here")
    return SHARED
