"""The simulator's parameters of the configured city."""

from __future__ import annotations

import functools
from pathlib import Path

from dajing.domains.plan.demo.acting import Scripted, read_actions
from dajing.domains.plan.demo.parameters import Parameters, read_parameters
from dajing.domains.plan.loading import plans
from dajing.kernel.packs.problem import Problems
from dajing.kernel.settings import settings


def present() -> bool:
    """Whether the city has parameters at all."""
    return (settings().city_dir / "demo" / "plan.toml").exists()


def parameters() -> Parameters:
    """The parameters. Raises ``PackInvalid`` with every fault of the file."""
    return _parameters(settings().city_dir)


def scripted_actions() -> list[Scripted]:
    """The demo's actions. Raises ``PackInvalid`` with every fault of the file."""
    folder = settings().city_dir
    problems = Problems(root=folder.parent)
    found = read_actions(folder=folder, problems=problems)
    problems.refuse()
    return found


@functools.cache
def _parameters(folder: Path) -> Parameters:
    problems = Problems(root=folder.parent)
    found = read_parameters(folder=folder, plans=plans(), problems=problems)
    problems.refuse()
    assert found is not None  # noqa: S101 - refuse() raised otherwise
    return found
