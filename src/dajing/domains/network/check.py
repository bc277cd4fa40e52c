"""What ``dajing check`` asks of a pack's ``network.toml``."""

from __future__ import annotations

from pathlib import Path

from dajing.domains.network.standards import read_standards
from dajing.kernel.packs.problem import Problems


def check_pack(*, folder: Path, areas: frozenset[str], departments: frozenset[str], problems: Problems) -> None:
    """Read the standards where the pack has them; a city may do without the network."""
    if (folder / "network.toml").exists():
        read_standards(folder=folder, problems=problems, areas=areas)
