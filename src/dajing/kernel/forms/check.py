"""What ``dajing check`` asks of the forms in a city pack."""

from __future__ import annotations

from pathlib import Path

from dajing.kernel.forms.definition import folders, read_form
from dajing.kernel.packs.problem import Problems


def check_pack(*, folder: Path, areas: frozenset[str], departments: frozenset[str], problems: Problems) -> None:
    """Read every form of the pack at ``folder``; all faults go to ``problems``."""
    for place in folders(city=folder):
        read_form(folder=place, problems=problems)
