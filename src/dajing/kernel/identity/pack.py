"""``posts.toml`` of a city pack: which posts each office has and the roles they carry; demo names of their holders."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from dajing.kernel.identity.roles import known_roles
from dajing.kernel.packs.problem import Problems
from dajing.kernel.packs.references import known
from dajing.kernel.packs.toml import TomlFile
from dajing.kernel.text import Text


class PostTemplate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A post of every office of ``kind``, or of the one office ``department``."""

    id: str
    title: Text
    roles: list[str]
    kind: Literal["city", "county"] | None = None
    department: str | None = None


class Names(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parts of which fictional names of demo people are made."""

    family: list[str]
    given: list[str]


def read_posts(*, folder: Path, departments: frozenset[str], problems: Problems) -> tuple[PostTemplate, ...]:
    """Every sound post template; faults go to ``problems``."""
    file = TomlFile(path=folder / "posts.toml", problems=problems)
    found = file.array("post", PostTemplate)
    for entry in found:
        post, note = entry.value, file.at(entry.path)
        if post.department is not None:
            known(post.department, departments, what=Text(zh="部门", en="department"), note=note)
        elif post.kind is None:
            note(
                Text(zh="岗位没有说明属于哪类部门", en="the post belongs to no office"),
                Text(zh="写明 kind 或 department", en="give kind or department"),
            )
        for role in post.roles:
            known(role, known_roles().keys(), what=Text(zh="角色", en="role"), note=note)
    return tuple(entry.value for entry in found)


def read_names(*, folder: Path, problems: Problems) -> Names | None:
    """The name parts of ``demo/people.toml``."""
    return TomlFile(path=folder / "demo" / "people.toml", problems=problems).table(Names)
