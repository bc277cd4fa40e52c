"""The configured city's first page and its departments."""

from __future__ import annotations

import functools
from pathlib import Path

from dajing.kernel.areas.api import areas
from dajing.kernel.packs.city import City, Department, read_city, read_departments
from dajing.kernel.packs.problem import Problems
from dajing.kernel.settings import settings

__all__ = ["City", "Department", "city", "departments"]


@functools.cache
def _city(folder: Path) -> City:
    problems = Problems(root=folder.parent)
    found = read_city(folder=folder, problems=problems)
    problems.refuse()
    assert found is not None  # noqa: S101 - a pack without faults has a city
    return found


def city() -> City:
    """The configured city. Raises ``PackInvalid`` with every fault of ``city.toml``."""
    return _city(settings().city_dir)


@functools.cache
def _departments(folder: Path) -> tuple[Department, ...]:
    problems = Problems(root=folder.parent)
    found = read_departments(folder=folder, areas=frozenset(areas()), problems=problems)
    problems.refuse()
    return found


def departments() -> tuple[Department, ...]:
    """Every department of the pack, former ones included. Raises ``PackInvalid``."""
    return _departments(settings().city_dir)
