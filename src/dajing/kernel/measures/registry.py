"""Which measures there are: new arithmetic is one decorated function; an indicator names it in the city pack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from dajing.kernel.text import Refusal, Text

if TYPE_CHECKING:
    import ibis.expr.types as ir


class MeasureUnknown(Refusal):
    """A measure id that nothing registers."""

    text = Text(zh="没有名为 {id} 的度量；已有：{known}", en="there is no measure {id}; there are: {known}")


class ParametersInvalid(Refusal):
    """Parameters that do not fit the measure's structure."""

    text = Text(
        zh="度量 {id} 的参数不对：{problem}；可用参数：{known}",
        en="wrong parameters of the measure {id}: {problem}; it takes: {known}",
    )


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of a measure's parameters: those in ``ROLES`` name a field of the stream, all others are numbers."""

    ROLES: ClassVar[tuple[str, ...]] = ()

    def fields(self) -> dict[str, str]:
        """Role → field, without optional roles that are not given."""
        return {role: str(value) for role in self.ROLES if (value := getattr(self, role)) is not None}

    def divides(self) -> bool:
        """Whether areas are averaged by a denominator rather than added."""
        return bool({"denominator", "weight"} & self.fields().keys())

    def numbers(self) -> dict[str, float]:
        """The other parameters by name."""
        return {name: float(getattr(self, name)) for name in self.__struct_fields__ if name not in self.ROLES}


class Inputs:
    """The valid rows of one group (use, area, period), as a measure sees them: Ibis aggregates, nothing evaluated."""

    def __init__(self, *, rows: ir.Table) -> None:
        self.rows = rows

    def field(self, role: str) -> ir.FloatingScalar:
        """The value reported for the field in ``role``; null where it is missing or withdrawn."""
        return self.rows["value"].max(where=self.rows["role"] == role)

    def number(self, name: str) -> ir.FloatingScalar:
        """A numeric parameter."""
        return self.rows[f"number_{name}"].max()


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a measure gives per group: Ibis aggregates.

    ``numerator`` and ``denominator`` are what areas are added up by; without ``denominator`` the measure is a plain
    amount. ``value`` is the area's own figure where that is not ``scale · numerator / denominator``.
    """

    numerator: Any
    denominator: Any = None
    scale: Any = 1.0
    value: Any = None


Function = Callable[[Inputs], Terms]


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a stream that no plan's form asks for: its name and unit for people."""

    title: Text
    unit: str


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One registered measure; ``per`` says whether a group holds one valid row per field or many records.

    ``stream`` is the fact stream it reads, None for the one that its user names; ``inputs`` are that stream's fields.
    """

    id: str
    version: str
    params: type[Params]
    per: str
    terms: Function
    stream: str | None = None
    inputs: Mapping[str, Input] = {}

    def parse(self, params: Mapping[str, Any]) -> Params:
        """The parameters with their types. Raises ``ParametersInvalid``."""
        try:
            return msgspec.convert(dict(params), self.params)
        except msgspec.ValidationError as error:
            known = ", ".join(self.params.__struct_fields__)
            raise ParametersInvalid(id=self.id, problem=str(error), known=known) from None


_measures: dict[str, Measure] = {}


def measure(
    *,
    id: str,
    version: str,
    params: type[Params],
    per: str = "field",
    stream: str | None = None,
    inputs: Mapping[str, Input] | None = None,
) -> Callable[[Function], Function]:
    """Register the decorated function as the measure ``id``.

    ``per="field"``: of each (field, area, period) only the valid row counts. ``per="record"``: every record counts in
    its own valid version. ``version`` changes whenever a result can change; it is part of every reading. A measure
    over facts that no plan's form reports names their ``stream`` and the stream's fields as ``inputs``.
    """

    def keep(function: Function) -> Function:
        made = Measure(
            id=id, version=version, params=params, per=per, terms=function, stream=stream, inputs=inputs or {}
        )
        known = _measures.get(id)
        if known is not None and known.terms.__qualname__ != function.__qualname__:
            raise ValueError(f"two measures are named {id!r}")
        _measures[id] = made
        return function

    return keep


def measures() -> dict[str, Measure]:
    """Every measure by id: the kernel's common ones and those in the slices' ``measures.py``."""
    from dajing.kernel.manifest import kernel_parts, slice_parts
    from dajing.kernel.measures import common

    assert common  # noqa: S101 - imported for its registrations
    kernel_parts(name="measures")
    slice_parts(name="measures")
    return dict(sorted(_measures.items()))


def find(*, id: str) -> Measure:
    """The measure ``id``. Raises ``MeasureUnknown``."""
    found = measures()
    if id not in found:
        raise MeasureUnknown(id=id, known=", ".join(found))
    return found[id]
