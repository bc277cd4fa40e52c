"""Every city pack: its own tables, then what each slice keeps in it (its ``check.py``)."""

from __future__ import annotations

from pathlib import Path

from dajing.kernel.areas.api import of_region
from dajing.kernel.areas.boundaries import read_boundaries
from dajing.kernel.areas.register import read_register
from dajing.kernel.manifest import kernel_parts, slice_parts
from dajing.kernel.packs.city import read_city, read_departments
from dajing.kernel.packs.problem import Problems


def check_packs(*, cities: Path, problems: Problems) -> None:
    """Check each folder of ``cities`` that holds a ``city.toml``."""
    for page in sorted(cities.glob("*/city.toml")):
        check_pack(folder=page.parent, problems=problems)


def check_pack(*, folder: Path, problems: Problems) -> None:
    """Check one pack; nothing is cached, so that a mended file is seen at once."""
    city = read_city(folder=folder, problems=problems)
    areas = {region.code: of_region(region) for region in read_register(folder=folder, problems=problems).regions}
    departments = read_departments(folder=folder, areas=frozenset(areas), problems=problems)
    if city is not None and areas:
        read_boundaries(
            folder=folder, origin=city.boundaries.origin, file=city.boundaries.file, areas=areas, problems=problems
        )
    ids = frozenset(department.id for department in departments)
    for part in (*kernel_parts(name="check"), *slice_parts(name="check")):
        part.check_pack(folder=folder, areas=frozenset(areas), departments=ids, problems=problems)
