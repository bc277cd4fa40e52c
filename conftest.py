"""Every test run has a data directory of its own, so that tests never touch an installation's data."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from dajing.kernel.settings import settings

if "DAJING_DATA" not in os.environ:
    os.environ["DAJING_DATA"] = tempfile.mkdtemp(prefix="dajing-test-")
    atexit.register(shutil.rmtree, os.environ["DAJING_DATA"], ignore_errors=True)
settings.cache_clear()  # pytest-django starts Django, and so reads the settings, before this file is loaded

SHARED = Path(os.environ.get("DAJING_SHARED") or Path(__file__).resolve().parents[1] / "shared")


@pytest.fixture
def shared() -> Path:
    """The reference data beside the checkout (or at DAJING_SHARED); a test that needs it skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("reads ../shared, which is absent here")
    return SHARED


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with all tables and nothing in them, to be copied: migrating anew takes many seconds."""
    data = tmp_path_factory.mktemp("migrated")
    command = [sys.executable, "-m", "dajing", "manage", "migrate", "--no-input", "--verbosity", "0"]
    environment = os.environ | {"DAJING_DATA": str(data), "DAJING_ROWS": ""}
    subprocess.run(command, env=environment, check=True, timeout=300)  # noqa: S603 - our own command
    return data


@pytest.fixture(autouse=True)
def no_mark_of_another_test() -> None:
    """Rows are taken back after each test; the file that remembers how far they were sealed goes with them."""
    (settings().data_dir / "ledger.mark").unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def no_language_of_another_test() -> None:
    """A page asked for in English leaves its language active in this thread."""
    from django.utils import translation

    translation.deactivate()


def pytest_configure() -> None:
    """Passwords of tests are hashed quickly, and no example is timed: the machine is shared."""
    from django.conf import settings as django_settings
    from hypothesis import settings as hypothesis_settings

    hypothesis_settings.register_profile("untimed", deadline=None)
    hypothesis_settings.load_profile("untimed")
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
