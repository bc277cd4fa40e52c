"""What every process of the centre loads before it does anything: heavy libraries wait until they are used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HEAVY = ("numba", "scipy", "pandas", "pyarrow", "duckdb", "ibis", "pyiceberg", "openpyxl", "docx", "reportlab")
PROGRAM = f"""
from dajing.kernel.web.start import start
start()
import sys
import dajing.kernel.web.asgi
from django.urls import get_resolver
get_resolver().url_patterns
print(*(name for name in {HEAVY!r} if name in sys.modules))
"""


def test_no_heavy_library_is_loaded_before_it_is_used(tmp_path: Path) -> None:
    environment = {**os.environ, "DAJING_DATA": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    assert told.stdout.strip() == ""
