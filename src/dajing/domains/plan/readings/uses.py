"""The measures that a plan's indicators use, one per variant, with parameters checked."""

from __future__ import annotations

from typing import Any, Literal

from dajing.domains.plan.pack import Companion, Indicator, Plan
from dajing.domains.plan.readings.structs import Variant
from dajing.kernel.measures.evaluating import Use, use

OFFICIAL = "official"
SEPARATOR = "/"
BESIDE: frozenset[Variant] = frozenset({"companion", "predicted"})  # variants with a measure of their own
_OURS = frozenset({OFFICIAL})  # parameters that say how the city's figure is found; the measure does not know them


def use_id(indicator: str, variant: str) -> str:
    """How a use of a measure is named: ``indicator/variant``."""
    return f"{indicator}{SEPARATOR}{variant}"


def split_id(id: str) -> tuple[str, str]:
    """Indicator and variant of a use."""
    indicator, variant = id.rsplit(SEPARATOR, 1)
    return indicator, variant


def uses_of(*, plan: Plan) -> list[Use]:
    """Every use of the plan. Raises ``MeasureUnknown``, ``ParametersInvalid``.

    ``indicator/official`` gives the units and, unless the city reports its own figure, the city;
    ``indicator/city`` is that own figure; ``indicator/companion`` the stricter figure, ``indicator/predicted`` the
    estimate from records.
    """
    found: list[Use] = []
    for indicator in plan.indicators:
        found += uses_of_indicator(indicator=indicator)
    return found


def uses_of_indicator(*, indicator: Indicator) -> list[Use]:
    """The uses of one indicator. Raises ``MeasureUnknown``, ``ParametersInvalid``."""
    own = _plain(indicator.params)
    over: Literal["weighted", "sum"] = "sum" if indicator.aggregation == "sum" else "weighted"
    found = [use(id=use_id(indicator.id, OFFICIAL), measure=indicator.measure, params=own, over=over)]
    if indicator.aggregation == "official":
        params: dict[str, Any] = {"field": indicator.params[OFFICIAL]}
        found.append(use(id=use_id(indicator.id, "city"), measure="reported", params=params, over=None))
    for variant, beside in (("companion", indicator.companion), ("predicted", indicator.predicted)):
        if beside is not None:
            found.append(_companion(use_id(indicator.id, variant), beside))
    return found


def _companion(id: str, companion: Companion) -> Use:
    made = use(id=id, measure=companion.measure, params=_plain(companion.params))
    if made.params.divides():
        return made
    return use(id=made.id, measure=companion.measure, params=_plain(companion.params), over="sum")


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name not in _OURS}


def sources(*, indicator: Indicator, variant: Variant, top: bool) -> tuple[str, str]:
    """The use that a reading comes from, and the indicator's variant under which it is kept."""
    if variant in BESIDE:
        return use_id(indicator.id, variant), variant
    if top and indicator.aggregation == "official" and variant == OFFICIAL:
        return use_id(indicator.id, "city"), OFFICIAL
    return use_id(indicator.id, OFFICIAL), variant
