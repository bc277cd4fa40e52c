"""What ``dajing check`` asks of the posts in a city pack."""

from __future__ import annotations

from pathlib import Path

from dajing.kernel.identity.pack import read_names, read_posts
from dajing.kernel.packs.problem import Problems


def check_pack(*, folder: Path, areas: frozenset[str], departments: frozenset[str], problems: Problems) -> None:
    """Read posts and the demo's names of the pack at ``folder``; all faults go to ``problems``."""
    read_posts(folder=folder, departments=departments, problems=problems)
    read_names(folder=folder, problems=problems)
