"""Every benchmark still runs: with the smallest sizes, and without asking how fast."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1] / "benchmarks"  # network.py and context.py need a peer or a server: by hand
SMALL = {
    "readings.py": ["--rows", "20000", "--runs", "1"],
    "history.py": ["--rows", "5000", "--facts", "2000", "--runs", "1"],
    "ledger.py": ["--entries", "200", "--acts", "100", "--batch", "50", "--runs", "1"],
}


@pytest.mark.fault
@pytest.mark.parametrize("name", SMALL)
def test_a_benchmark_runs(name: str, tmp_path: Path) -> None:
    environment = os.environ | {"DAJING_DATA": str(tmp_path), "PYTHONPATH": str(HERE.parent / "src")}
    command = [sys.executable, str(HERE / name), *SMALL[name]]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "goal" in done.stdout
