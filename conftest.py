"""Every test run has a data directory of its own, so that tests never touch an installation's data."""

from __future__ import annotations

import os
import tempfile

from dajing.kernel.settings import settings

os.environ.setdefault("DAJING_DATA", tempfile.mkdtemp(prefix="dajing-test-"))
settings.cache_clear()  # pytest-django starts Django, and so reads the settings, before this file is loaded
