"""Which kinds of case there are: those of the slices' ``casekinds.py``, and those of the city's ``kinds/*.toml``.

A city's file with a slice's id takes its place: time limits and levels of escalation are the city's to decide.
"""

from __future__ import annotations

import functools
from pathlib import Path

from django.urls import reverse

from dajing.kernel.casework.kinds import CaseKind, faults
from dajing.kernel.identity.roles import known_roles
from dajing.kernel.manifest import slice_parts
from dajing.kernel.packs.problem import Problems
from dajing.kernel.packs.toml import TomlFile
from dajing.kernel.settings import settings
from dajing.kernel.text import Refusal, Text


class KindUnknown(Refusal):
    """There is no such kind of case."""

    status = 404

    text = Text(zh="没有名为 {id} 的事项类型；已有：{known}", en="there is no case kind {id}; there are: {known}")


def read_kind(*, path: Path, problems: Problems) -> CaseKind | None:
    """The kind in one TOML file, or None with its faults in ``problems``."""
    file = TomlFile(path=path, problems=problems)
    kind = file.table(CaseKind)
    if kind is None:
        return None
    fix = Text(zh="按说明改正类型文件", en="mend the file of the kind")
    for fault in faults(kind=kind):
        file.report((), fault, fix)
    for role in sorted(_roles(kind) - set(known_roles())):
        file.report((), Text(zh=f"没有角色 {role}", en=f"there is no role {role}"), fix)
    return kind


def _roles(kind: CaseKind) -> set[str]:
    named = {*kind.openers, *kind.assigners, *kind.readers, *(step.to for step in kind.escalations)}
    return named | {role for transition in kind.transitions for role in transition.roles}


def city_files(*, folder: Path) -> list[Path]:
    """The files of kinds in a city pack."""
    return sorted((folder / "kinds").glob("*.toml"))


def kinds() -> dict[str, CaseKind]:
    """Every kind by id. Raises ``PackInvalid`` with every fault of every file."""
    return _kinds(settings().city_dir)


@functools.cache
def _kinds(folder: Path) -> dict[str, CaseKind]:
    problems = Problems(root=folder.parent)
    own = [path for part in slice_parts(name="casekinds") for path in part.FILES]
    found = [read_kind(path=path, problems=problems) for path in (*own, *city_files(folder=folder))]
    problems.refuse()
    return {kind.id: kind for kind in found if kind is not None}


def kind(*, id: str) -> CaseKind:
    """The kind ``id`` as new cases are opened with it. Raises ``KindUnknown``."""
    found = kinds()
    if id not in found:
        raise KindUnknown(id=id, known=", ".join(sorted(found)) or "—")
    return found[id]


def has_page(*, kind: str) -> bool:
    """Whether a slice shows cases of this kind on pages of its own, and opens them there."""
    return any(kind in part.PAGES for part in slice_parts(name="casekinds"))


def page_of(*, kind: str, case: str) -> str:
    """The page of a case that its slice names in ``casekinds.PAGES``; empty where it names none."""
    pages = {id: view for part in slice_parts(name="casekinds") for id, view in part.PAGES.items()}
    return reverse(pages[kind], args=[case]) if kind in pages else ""
