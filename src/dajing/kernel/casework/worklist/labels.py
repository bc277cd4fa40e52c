"""The words of a queue's lines: one query for each sort of name, whatever the number of lines."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import msgspec
from django.urls import NoReverseMatch, reverse

from dajing.kernel.areas.api import areas
from dajing.kernel.casework.kinds import CaseKind
from dajing.kernel.casework.models import KindVersion
from dajing.kernel.casework.queue import Line
from dajing.kernel.casework.store import kind_of
from dajing.kernel.identity.api import department_names, names_of, post_names
from dajing.kernel.text import Text


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """Names of kinds, of their states (by kind and id), of areas, departments and people."""

    kinds: dict[str, Text]
    states: dict[tuple[str, str], Text]
    areas: dict[str, Text]
    departments: dict[str, Text]
    people: dict[str, str]
    posts: dict[str, Text]


@functools.lru_cache(maxsize=1024)
def _version(digest: str) -> CaseKind:
    return kind_of(digest=digest)


def kinds_known() -> list[CaseKind]:
    """Every version of every kind that a case was ever opened with, in the order of their ids."""
    digests = KindVersion.objects.order_by("kind", "digest").values_list("digest", flat=True)
    return [_version(digest) for digest in digests]


def labels(*, lines: Sequence[Line]) -> Labels:
    """All words that ``lines`` and the filters above them need."""
    known = kinds_known()
    return Labels(
        kinds={kind.id: kind.title for kind in known},
        states={(kind.id, state.id): state.title for kind in known for state in kind.states},
        areas={code: area.name for code, area in areas().items()},
        departments=department_names(),
        people=names_of(people={line.person for line in lines if line.person}),
        posts=post_names(posts={line.post for line in lines if line.post}),
    )


def address(*, case: str) -> str:
    """The page of a case; empty where no slice shows one."""
    try:
        return reverse("case", args=[case])
    except NoReverseMatch:
        return ""
