"""The common measures; most indicators need no other."""

from __future__ import annotations

from typing import ClassVar

from dajing.kernel.measures.registry import Inputs, Params, Terms, measure


class Ratio(Params, frozen=True, kw_only=True):
    """``scale · numerator / denominator``; ``scale`` is 100 for percent."""

    ROLES: ClassVar[tuple[str, ...]] = ("numerator", "denominator")
    numerator: str
    denominator: str
    scale: float = 1.0


@measure(id="ratio", version="1", params=Ratio)
def ratio(inputs: Inputs) -> Terms:
    """Two reported figures of the same period, divided; over areas both are added first."""
    return Terms(
        numerator=inputs.field("numerator"),
        denominator=inputs.field("denominator"),
        scale=inputs.number("scale"),
    )


class Reported(Params, frozen=True, kw_only=True):
    """A reported figure; ``weight`` names the field by which areas are averaged, without it they are added."""

    ROLES: ClassVar[tuple[str, ...]] = ("field", "weight")
    field: str
    weight: str | None = None


@measure(id="reported", version="1", params=Reported)
def reported(inputs: Inputs) -> Terms:
    """A figure as it was reported."""
    value, weight = inputs.field("field"), inputs.field("weight")
    weighted = inputs.rows["divided"].max() == 1
    return Terms(numerator=weighted.ifelse(value * weight, value), denominator=weight, value=value)


class Count(Params, frozen=True, kw_only=True):
    """The number of records of ``field``."""

    ROLES: ClassVar[tuple[str, ...]] = ("field",)
    field: str


@measure(id="count", version="1", params=Count, per="record")
def count(inputs: Inputs) -> Terms:
    """How many records there are, withdrawn ones not counted; no record at all is unknown, not zero."""
    return Terms(numerator=inputs.rows["value"].count().nullif(0).cast("float64"))


class ShareWithin(Params, frozen=True, kw_only=True):
    """The share of records of ``field`` whose value is at most ``limit``."""

    ROLES: ClassVar[tuple[str, ...]] = ("field",)
    field: str
    limit: float
    scale: float = 100.0

    def divides(self) -> bool:
        """Always: by the number of records."""
        return True


@measure(id="share_within", version="1", params=ShareWithin, per="record")
def share_within(inputs: Inputs) -> Terms:
    """For example cases that were finished within their days."""
    value = inputs.rows["value"]
    within = (value <= inputs.rows["number_limit"]).cast("int64")
    return Terms(
        numerator=within.sum().cast("float64"),
        denominator=value.count().cast("float64"),
        scale=inputs.number("scale"),
    )
