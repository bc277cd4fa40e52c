"""Every test run has a data directory of its own, so that tests never touch an installation's data."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from dajing.kernel.settings import settings

os.environ.setdefault("DAJING_DATA", tempfile.mkdtemp(prefix="dajing-test-"))
settings.cache_clear()  # pytest-django starts Django, and so reads the settings, before this file is loaded

SHARED = Path(os.environ.get("DAJING_SHARED") or Path(__file__).resolve().parents[1] / "shared")


@pytest.fixture
def shared() -> Path:
    """The reference data beside the checkout (or at DAJING_SHARED); a test that needs it skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("reads ../shared, which is absent here")
    return SHARED


def pytest_configure() -> None:
    """Passwords of tests are hashed quickly, and no example is timed: the machine is shared."""
    from django.conf import settings as django_settings
    from hypothesis import settings as hypothesis_settings

    hypothesis_settings.register_profile("untimed", deadline=None)
    hypothesis_settings.load_profile("untimed")
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
