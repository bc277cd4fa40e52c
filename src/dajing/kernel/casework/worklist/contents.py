"""What the work list and its panel show."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dajing.kernel.areas.api import top, units
from dajing.kernel.casework import queue
from dajing.kernel.casework.worklist.asking import Asked
from dajing.kernel.casework.worklist.labels import Labels, address, labels
from dajing.kernel.identity.api import Actor
from dajing.kernel.text import Text

FEW = 5  # lines of the panel
WHOSE = {
    "mine": Text(zh="我的", en="Mine"),
    "post": Text(zh="本岗位", en="My post's"),
    "department": Text(zh="本部门", en="My department's"),
    "supervised": Text(zh="所督办部门", en="Departments I supervise"),
}
VIEWS: dict[queue.View, Text] = {
    "all": Text(zh="全部", en="All"),
    "soon": Text(zh="三日内到期", en="Due within three days"),
    "late": Text(zh="已逾期", en="Late"),
    "waiting": Text(zh="等待他方", en="Waiting for others"),
}
COLOURS = {
    "red": ("bad", Text(zh="已逾期", en="Late")),
    "yellow": ("watch", Text(zh="临近时限", en="Limit near")),
    "green": ("good", Text(zh="时限内", en="Within its limit")),
    "": ("none", Text(zh="无时限", en="No limit running")),
}


def row(*, line: queue.Line, words: Labels, at: datetime) -> dict[str, Any]:
    """One line as a page shows it."""
    tone, word = COLOURS[line.colour(at=at)]
    holder = words.people.get(line.person) or words.posts.get(line.post, "")
    return {
        "line": line,
        "title": line.title or f"{words.kinds.get(line.kind, line.kind)} {line.case[-8:]}",  # private: never in a list
        "address": address(case=line.case),
        "kind": words.kinds.get(line.kind, line.kind),
        "state": words.states.get((line.kind, line.state), line.state),
        "area": words.areas.get(line.area, line.area),
        "department": words.departments.get(line.department, line.department),
        "holder": holder,
        "limited": line.due.year != queue.NEVER_YEAR,
        "tone": tone,
        "word": word,
    }


def counted(*, by: Actor, whose: queue.Whose, view: queue.View, at: datetime, department: str = "") -> str:
    """How many there are, as people read it: nothing is counted beyond 99."""
    found = queue.count(by=by, whose=whose, wanted=queue.Filter(at=at, view=view, department=department))
    return f"{queue.COUNTED}+" if found > queue.COUNTED else str(found)


def tabs(*, by: Actor, shown: Asked) -> dict[str, Any]:
    """Whose queue and which part of it, with counts that stop at 99."""
    offered = [id for id in WHOSE if id != "supervised" or queue.supervised_kinds(by=by)]
    return {
        "whose": [(WHOSE[id], f"?{shown.query(whose=id, department='')}", id == shown.whose) for id in offered],
        "views": [
            (
                title,
                counted(by=by, whose=shown.whose, view=view, at=shown.wanted.at, department=shown.wanted.department),
                f"?{shown.query(view=view)}",
                view == shown.wanted.view,
            )
            for view, title in VIEWS.items()
        ],
    }


def filters(*, shown: Asked, words: Labels) -> list[tuple[str, Text, str, list[tuple[str, Any]]]]:
    """The selects above the list: name, label, value, choices. States are those of the kind chosen."""
    every = Text(zh="不限", en="Any")
    kind = shown.wanted.kind
    states = {state: title for (of, state), title in words.states.items() if kind in ("", of)}
    colours = [(id, word) for id, (_, word) in COLOURS.items() if id]
    places = [(unit.code, unit.name) for unit in (top(), *units(hierarchy="reporting"))]
    return [
        ("kind", Text(zh="类型", en="Kind"), kind, [("", every), *words.kinds.items()]),
        ("state", Text(zh="状态", en="State"), shown.wanted.state, [("", every), *states.items()]),
        ("area", Text(zh="地区", en="Area"), shown.wanted.area, [("", every), *places]),
        ("colour", Text(zh="时限", en="Limit"), shown.wanted.colour, [("", every), *colours]),
    ] + ([("department", Text(zh="经办部门", en="Department"), shown.wanted.department,
           [("", every), *words.departments.items()])] if shown.whose == "supervised" else [])  # fmt: skip


def summary(*, by: Actor, at: datetime) -> dict[str, Any]:
    """The most urgent lines of the actor, else of the department, and how much of it is late."""
    whose: queue.Whose = "mine"
    lines = queue.page(by=by, whose=whose, wanted=queue.Filter(at=at), size=FEW)
    if not lines:
        whose = "department"
        lines = queue.page(by=by, whose=whose, wanted=queue.Filter(at=at), size=FEW)
    words = labels(lines=lines) if lines else None
    return {
        "whose": WHOSE[whose],
        "query": f"?whose={whose}",
        "rows": [row(line=line, words=words, at=at) for line in lines if words],
        "counts": [
            (title, counted(by=by, whose=whose, view=view, at=at), f"?whose={whose}&view={view}")
            for view, title in VIEWS.items()
        ],
    }
