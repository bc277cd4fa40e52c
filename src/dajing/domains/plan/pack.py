"""A plan as data: the structures of ``cities/<city>/plans/<plan>/*.toml``."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import msgspec

from dajing.kernel.text import Text

Frequency = Literal["month", "quarter", "year"]
DefinitionStatus = Literal["official", "inferred", "confirmed"]


class Goal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the plan's development goals, with the article's words."""

    id: str
    title: Text
    quote: str


class Task(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the plan's main tasks."""

    id: str
    title: Text
    quote: str


class Park(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A park the plan names: ``written`` is the article's spelling, ``title`` the normalised name."""

    id: str
    title: Text
    written: str
    area: str
    note: Text | None = None


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The figure to reach: ``value`` in the indicator's unit; ``strict`` means beyond, not at, the value."""

    value: float
    strict: bool = False
    deadline: date


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The range that a value of this measure can have at all; outside it a report is refused."""

    min: float | None = 0
    max: float | None = None


class Companion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stricter figure beside the official one; it never decides the status."""

    title: Text
    measure: str
    params: dict[str, Any] = {}
    unit: str
    definition: Text
    decimals: int = 1


class Indicator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One numeric target of the plan with its official definition.

    ``measure`` names a registered measure and ``params`` its parameters; every field named has a form of the
    indicator's own ``frequency``, so numerator and denominator are always of the same period:

    * ``ratio``: ``numerator``, ``denominator`` (field ids), ``scale`` (100 for percent);
    * ``reported``: ``field``, and ``weight`` (field id) where units are averaged rather than added;
    * ``count``, ``share_within``: as their registration says.

    ``aggregation`` says how the city's figure comes from its units: ``weighted`` by denominators (or by ``weight``),
    ``sum``, or ``official``: the field of level ``city`` named in ``params.official``, reported for the city itself,
    decides, and the weighted figure is shown beside it.

    ``predicted`` is an estimate from the city's own records (its measure reads another stream than the reports); it
    stands beside the reported figures, is never added to them and decides nothing.
    """

    id: str
    goal: str
    order: int
    title: Text
    quote: str
    unit: str
    direction: Literal["up", "down"] = "up"
    target: Target
    limits: Limits = Limits()
    definition: Text
    definition_status: DefinitionStatus
    numerator: Text | None = None
    denominator: Text | None = None
    source: Text
    frequency: Frequency
    department: str
    measure: str
    params: dict[str, Any]
    aggregation: Literal["weighted", "sum", "official"] = "weighted"
    traps: list[Text] = []
    companion: Companion | None = None
    predicted: Companion | None = None
    decimals: int = 1


class Aim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A qualitative aim: ``indicators`` make it measurable, or ``not_measurable`` says why it is not yet.

    ``fields`` are figures that departments report for it although the plan sets it no target.

    ``goal`` is the id of a goal or a task, or ``plan`` for an aim of the plan as a whole; ``proposal`` says what a
    domain could read from records.
    """

    id: str
    goal: str
    quote: str
    title: Text
    indicators: list[str] = []
    fields: list[str] = []
    proposal: Text | None = None
    not_measurable: Text | None = None


class Field(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One figure that departments report; asked once, it feeds every indicator that names it.

    ``level`` says who reports it: each ``county`` unit of the reporting partition, or the ``city`` department alone.
    ``aliases`` are column headings under which spreadsheets carry it. ``part_of`` names the field of the same form that
    it cannot exceed. ``span`` says what a period's value covers: the state at its end (``stock``), everything since
    January (``year_to_date``), or the last 12 months (``trailing_year``, so that December's value is the year's).
    """

    id: str
    title: Text
    unit: str
    form: str
    level: Literal["county", "city"] = "county"
    integer: bool = True
    span: Literal["stock", "year_to_date", "trailing_year"] = "stock"
    limits: Limits = Limits()
    part_of: str | None = None
    aliases: list[str] = []
    definition: Text


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reporting form: the fields that one department reports with one frequency; due ``due_day`` days after the
    period's end."""

    id: str
    title: Text
    department: str
    frequency: Frequency
    due_day: int = 10


class Slot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key project or policy measure that the article counts but does not name; an officer fills it."""

    id: str
    kind: Literal["project", "policy"]
    title: Text


class Fact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A real figure with its source, shown as ``reported`` context beside the readings; it is no report of a form.

    ``scope`` other than ``area`` marks a reference line: a figure of the province or the nation, kept at the city's
    code but never the city's own.
    """

    id: str
    title: Text
    area: str
    period: str
    value: float
    unit: str
    source: str
    goal: str | None = None
    caveat: Text | None = None
    scope: Literal["area", "province", "nation"] = "area"


class Crossing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of ``plans/crosswalk.toml``: how an indicator of one plan carries on in another.

    ``same`` keeps definition and unit, ``changed`` needs ``note`` to say what differs, ``dropped`` has no ``to``.
    """

    from_plan: str
    from_indicator: str
    to_plan: str
    to_indicator: str | None = None
    relation: Literal["same", "changed", "dropped"]
    note: Text | None = None
    source: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One plan, complete."""

    id: str
    title: Text
    area: str
    first_year: int
    last_year: int
    source: str
    goals: tuple[Goal, ...]
    tasks: tuple[Task, ...]
    parks: tuple[Park, ...]
    indicators: tuple[Indicator, ...]
    aims: tuple[Aim, ...]
    fields: tuple[Field, ...]
    forms: tuple[Form, ...]
    slots: tuple[Slot, ...]
    facts: tuple[Fact, ...]

    @property
    def base_year(self) -> int:
        """The year before the plan, where every path starts; its reports are taken too."""
        return self.first_year - 1
