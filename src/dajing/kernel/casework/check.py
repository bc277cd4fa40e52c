"""What ``dajing check`` asks of the case kinds in a city pack."""

from __future__ import annotations

from pathlib import Path

from dajing.kernel.casework.registry import city_files, read_kind
from dajing.kernel.packs.problem import Problems


def check_pack(*, folder: Path, areas: frozenset[str], departments: frozenset[str], problems: Problems) -> None:
    """Read every kind of the pack at ``folder``; all faults go to ``problems``."""
    for path in city_files(folder=folder):
        read_kind(path=path, problems=problems)
