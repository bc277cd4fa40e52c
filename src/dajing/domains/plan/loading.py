"""Plans of the configured city, read from its pack and checked as a whole."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import msgspec

from dajing.domains.plan.checks import check_plan
from dajing.domains.plan.pack import (
    Aim,
    Crossing,
    Fact,
    Field,
    Form,
    Goal,
    Indicator,
    Park,
    Plan,
    Slot,
    Task,
)
from dajing.kernel.areas.api import areas
from dajing.kernel.packs.api import city, departments
from dajing.kernel.packs.problem import Problems
from dajing.kernel.packs.references import known
from dajing.kernel.packs.toml import Entry, TomlFile
from dajing.kernel.settings import settings
from dajing.kernel.text import Refusal, Text

FILES: dict[str, dict[str, type[msgspec.Struct]]] = {
    "plan": {"goals": Goal, "tasks": Task, "parks": Park, "slots": Slot},
    "indicators": {"indicators": Indicator},
    "aims": {"aims": Aim},
    "fields": {"forms": Form, "fields": Field},
    "facts": {"facts": Fact},
}


class PlanUnknown(Refusal):
    """A plan id that the city pack does not have."""

    text = Text(
        zh="城市包中没有规划 {id}；已有：{known}",
        en="the city pack has no plan {id}; it has: {known}",
    )


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The top of ``plan.toml``."""

    id: str
    title: Text
    area: str
    first_year: int
    last_year: int
    source: str


class Parts:
    """The tables of one plan with the files they come from."""

    def __init__(self, *, folder: Path, problems: Problems) -> None:
        self.files = {name: TomlFile(path=folder / f"{name}.toml", problems=problems) for name in FILES}
        self.head = self.files["plan"].table(Head, without=tuple(FILES["plan"]))
        self.entries: dict[str, list[Entry[Any]]] = {}
        for name, arrays in FILES.items():
            if name != "plan":
                self.files[name].only(*arrays)
            for array, type_ in arrays.items():
                self.entries[array] = self.files[name].array(array, type_)

    def file_of(self, array: str) -> TomlFile:
        """The file that holds ``[[array]]``."""
        return next(self.files[name] for name, arrays in FILES.items() if array in arrays)


def read_plan(*, folder: Path, areas: frozenset[str], departments: frozenset[str], problems: Problems) -> Plan | None:
    """The plan in ``folder``, or None; every fault goes to ``problems``.

    ``areas`` and ``departments`` are the codes and ids that exist.
    """
    before = len(problems.found)
    parts = Parts(folder=folder, problems=problems)
    check_plan(
        entries=parts.entries,
        note=lambda array, entry, key: parts.file_of(array).at((*entry.path, key)),
        areas=areas,
        departments=departments,
    )
    if parts.head is not None and parts.head.id != folder.name:
        parts.files["plan"].report(
            ("id",),
            Text(zh="规划代号与文件夹名不符", en="the plan's id is not its folder's name"),
            Text(zh=f"改为 {folder.name}", en=f"write {folder.name}"),
        )
    if parts.head is None or len(problems.found) > before:
        return None
    tables: dict[str, Any] = {
        array: tuple(entry.value for entry in entries) for array, entries in parts.entries.items()
    }
    tables["indicators"] = tuple(sorted(tables["indicators"], key=lambda indicator: indicator.order))
    return Plan(**(msgspec.structs.asdict(parts.head) | tables))


def read_plans(*, folder: Path, areas: frozenset[str], departments: frozenset[str], problems: Problems) -> list[Plan]:
    """Every plan of the pack at ``folder``."""
    found = [
        read_plan(folder=path.parent, areas=areas, departments=departments, problems=problems)
        for path in sorted((folder / "plans").glob("*/plan.toml"))
    ]
    return [plan for plan in found if plan is not None]


def read_crosswalk(*, folder: Path, plans: list[Plan], problems: Problems) -> tuple[Crossing, ...]:
    """``plans/crosswalk.toml``: each line checked against the plans it joins. The file may be absent."""
    path = folder / "plans" / "crosswalk.toml"
    if not path.exists():
        return ()
    file = TomlFile(path=path, problems=problems)
    file.only("crossings")
    entries = file.array("crossings", Crossing)
    indicators = {plan.id: {indicator.id for indicator in plan.indicators} for plan in plans}
    for entry in entries:
        note, crossing = file.at(entry.path), entry.value
        ends = ((crossing.from_plan, crossing.from_indicator), (crossing.to_plan, crossing.to_indicator))
        for plan_id, indicator in ends:
            if known(plan_id, indicators, what=Text(zh="规划", en="plan"), note=note) and indicator is not None:
                known(indicator, indicators[plan_id], what=Text(zh="指标", en="indicator"), note=note)
        if (crossing.to_indicator is None) != (crossing.relation == "dropped"):
            note(
                Text(zh="relation 与 to_indicator 不一致", en="relation and to_indicator contradict each other"),
                Text(zh="dropped 不写 to_indicator，其余必写", en="dropped has no to_indicator, the others have one"),
            )
        if crossing.relation == "changed" and crossing.note is None:
            note(
                Text(zh="changed 未说明差别", en="changed does not say what differs"),
                Text(zh="补上 note", en="add a note"),
            )
    return tuple(entry.value for entry in entries)


@functools.cache
def _plans(folder: Path) -> tuple[tuple[Plan, ...], tuple[Crossing, ...]]:
    problems = Problems(root=folder.parent)
    ids = frozenset(department.id for department in departments())
    found = read_plans(folder=folder, areas=frozenset(areas()), departments=ids, problems=problems)
    crossings = read_crosswalk(folder=folder, plans=found, problems=problems)
    problems.refuse()
    return tuple(found), crossings


def plans() -> tuple[Plan, ...]:
    """Every plan of the configured city. Raises ``PackInvalid`` with every fault of their files."""
    return _plans(settings().city_dir)[0]


def plan(*, id: str | None = None) -> Plan:
    """The plan with ``id``, by default the city's default plan. Raises ``PlanUnknown``, ``PackInvalid``."""
    wanted = id or city().default_plan
    for found in plans():
        if found.id == wanted:
            return found
    raise PlanUnknown(id=wanted, known=", ".join(p.id for p in plans()) or "—")


def crosswalk() -> tuple[Crossing, ...]:
    """How indicators carry on from plan to plan."""
    return _plans(settings().city_dir)[1]
