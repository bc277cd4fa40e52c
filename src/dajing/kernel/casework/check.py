"""What ``dajing check`` asks of the case kinds and of the calendar's years in a city pack."""

from __future__ import annotations

from pathlib import Path

from dajing.kernel.casework.registry import city_files, read_kind
from dajing.kernel.clocks.years import FOLDER, YearInvalid, read_year
from dajing.kernel.packs.problem import Problems
from dajing.kernel.text import Text


def check_pack(*, folder: Path, areas: frozenset[str], departments: frozenset[str], problems: Problems) -> None:
    """Read every kind of the pack at ``folder``; all faults go to ``problems``."""
    for path in city_files(folder=folder):
        read_kind(path=path, problems=problems)
    for path in sorted((folder / FOLDER).glob("*.toml")):
        try:
            read_year(text=path.read_bytes())
        except YearInvalid as refusal:
            fix = Text(zh="按发布的通知改正", en="mend it by the notice")
            problems.add(file=path, line=0, message=refusal.message, fix=fix)
