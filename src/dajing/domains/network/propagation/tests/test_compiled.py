"""A correction reaches whoever has run the old code: compiled functions are kept by the content of all sources."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dajing.domains.network.propagation import compiled


def test_another_version_of_a_called_file_is_another_folder(tmp_path, monkeypatch):
    copies = [tmp_path / "a", tmp_path / "b"]
    for copy in copies:
        shutil.copytree(compiled.HERE, copy, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    names = []
    for copy in copies:
        monkeypatch.setattr(compiled, "LIBRARIES", (copy,))
        names.append(compiled._digest())
    assert names[0] == names[1]
    (copies[1] / "curves.py").write_text((copies[1] / "curves.py").read_text() + "# corrected\n")
    assert compiled._digest() != names[0]


@pytest.mark.fault
def test_a_changed_callee_is_compiled_anew_in_its_unchanged_caller(tmp_path):
    """numba alone would answer 1 twice."""
    package = tmp_path / "lib"
    package.mkdir()
    source = Path(compiled.__file__).read_text().replace('HERE.parent / "radio", HERE.parent / "ground"', "")
    (package / "compiled.py").write_text(source)
    (package / "__init__.py").write_text("from lib.compiled import keep_by_content\nkeep_by_content()\n")
    (package / "caller.py").write_text(
        "from numba import njit\nfrom lib.callee import value\n\n@njit(cache=True)\ndef call():\n    return value()\n"
    )
    answers = []
    for number in (1, 2):
        (package / "callee.py").write_text(
            f"from numba import njit\n\n@njit(cache=True)\ndef value():\n    return {number}\n"
        )
        out = subprocess.run(
            [sys.executable, "-B", "-c", "from lib.caller import call; print(call())"],
            cwd=tmp_path, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        answers.append(out.strip())
    assert answers == ["1", "2"]
    assert len(list((package / "__pycache__").glob("compiled-*"))) == 1
