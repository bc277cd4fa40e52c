"""Checks that span tables: an id is given once, a reference points at something."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from dajing.kernel.text import Text

Note = Callable[[Text, Text], None]


def unique(items: Iterable[tuple[str, Note]], *, what: Text) -> None:
    """Report the second and later use of each id in ``items`` (id, how to report)."""
    seen: set[str] = set()
    for id_, note in items:
        if id_ in seen:
            note(
                Text(zh=f"{what.zh}“{id_}”重复", en=f"{what.en} “{id_}” is given twice"),
                Text(zh="改名或删除其一", en="rename or remove one"),
            )
        seen.add(id_)


def known(id_: str, among: Collection[str], *, what: Text, note: Note) -> bool:
    """Whether ``id_`` exists; otherwise a report that lists what does.

    Where nothing exists at all the table referred to was unreadable, which is a fault of its own: that is not repeated
    for every reference.
    """
    if id_ in among or not among:
        return True
    choices = ", ".join(sorted(among)[:12]) + (" …" if len(among) > 12 else "")
    note(
        Text(zh=f"没有这个{what.zh}：“{id_}”", en=f"there is no {what.en} “{id_}”"),
        Text(zh=f"改为已有的：{choices}", en=f"use one of: {choices}"),
    )
    return False
