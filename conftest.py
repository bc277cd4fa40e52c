"""Every test run has a data directory of its own, so that tests never touch an installation's data."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("DAJING_DATA", tempfile.mkdtemp(prefix="dajing-test-"))
