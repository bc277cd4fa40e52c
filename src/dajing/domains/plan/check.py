"""What ``dajing check`` asks of the plans in a city pack."""

from __future__ import annotations

from pathlib import Path

from dajing.domains.plan.demo.parameters import read_parameters
from dajing.domains.plan.loading import read_crosswalk, read_plans
from dajing.kernel.packs.problem import Problems


def check_pack(*, folder: Path, areas: frozenset[str], departments: frozenset[str], problems: Problems) -> None:
    """Read every plan and the crosswalk of the pack at ``folder``; all faults go to ``problems``."""
    plans = read_plans(folder=folder, areas=areas, departments=departments, problems=problems)
    read_crosswalk(folder=folder, plans=plans, problems=problems)
    if (folder / "demo" / "plan.toml").exists():
        read_parameters(folder=folder, plans=plans, problems=problems)
