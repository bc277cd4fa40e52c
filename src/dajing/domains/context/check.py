"""What ``dajing check`` asks of the feeds in a city pack."""

from __future__ import annotations

from pathlib import Path

from dajing.domains.context.feeding.pack import read_feeds
from dajing.kernel.packs.problem import Problems


def check_pack(*, folder: Path, areas: frozenset[str], departments: frozenset[str], problems: Problems) -> None:
    """Read every feed of the pack at ``folder``; all faults go to ``problems``."""
    read_feeds(folder=folder, problems=problems)
