"""Temporal evolution of entities (clauses 4.5.6–4.5.9, 4.5.19, 4.11): queries, representations, aggregations."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dajing.domains.context.ngsi.errors import BadRequestData
from dajing.domains.context.ngsi.forms import Form, attribute
from dajing.domains.context.ngsi.terms import VALUE_OF, double, need_time, parse_time, whole

type Json = dict[str, Any]
type Sample = tuple[Any, datetime]

METHODS = ("totalCount", "distinctCount", "sum", "avg", "min", "max", "stddev", "sumsq")
PROPERTIES = ("observedAt", "createdAt", "modifiedAt", "deletedAt")
_DURATION = re.compile(
    r"P(?:(?P<years>\d{1,9})Y)?(?:(?P<months>\d{1,9})M)?(?:(?P<weeks>\d{1,9})W)?(?:(?P<days>\d{1,9})D)?"
    r"(?:T(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?(?:(?P<seconds>\d{1,9})S)?)?\Z"
)
MOST_BUCKETS = 10_000
LONGEST = 3_652_059  # days from year 1 to 9999


@dataclass(frozen=True)
class Span:
    """Which instances: by time, and how many of the latest."""

    relation: str = ""
    at: str = ""
    end: str = ""
    timeproperty: str = "observedAt"
    last: int | None = None


@dataclass(frozen=True)
class Aggregate:
    """Which methods over periods of which length; ``None`` is one period over everything."""

    methods: tuple[str, ...]
    period: tuple[int, timedelta] | None


def span_of(given: Json, *, needed: bool) -> Span:
    """The temporal query of parameters (4.11)."""
    relation = given.get("timerel", "")
    if not relation:
        if needed or given.get("timeAt") or given.get("endTimeAt"):
            raise BadRequestData("timerel and timeAt are needed.")
    elif relation not in ("before", "after", "between"):
        raise BadRequestData("timerel must be before, after or between.")
    elif not given.get("timeAt"):
        raise BadRequestData("timerel needs timeAt.")
    elif (relation == "between") is not bool(given.get("endTimeAt")):
        raise BadRequestData("between needs endTimeAt; before and after exclude it.")
    at = need_time(given["timeAt"], what="timeAt") if relation else ""
    end = need_time(given["endTimeAt"], what="endTimeAt") if relation == "between" else ""
    name = given.get("timeproperty") or "observedAt"
    if name not in PROPERTIES:
        raise BadRequestData(f"timeproperty must be one of {', '.join(PROPERTIES)}.")
    return Span(relation=relation, at=at, end=end, timeproperty=name, last=_last(given.get("lastN")))


def _last(value: Any) -> int | None:
    if value is None or value == "":
        return None
    found = None if isinstance(value, bool) else value if isinstance(value, int) else whole(str(value))
    if found is None or found < 1:
        raise BadRequestData("lastN must be a positive whole number.")
    return found


def aggregate_of(given: Json) -> Aggregate:
    """The aggregation of parameters (4.5.19)."""
    text = given.get("aggrMethods")
    methods = tuple(text) if isinstance(text, list) else tuple(m.strip() for m in str(text or "").split(",") if m)
    if not methods or not all(m in METHODS for m in methods):
        raise BadRequestData(f"aggrMethods must be among {', '.join(METHODS)}.")
    return Aggregate(methods=methods, period=duration(given.get("aggrPeriodDuration") or "PT0S"))


def duration(text: Any) -> tuple[int, timedelta] | None:
    """Months and a fixed remainder of an ISO 8601 duration; None for a length of zero (everything in one)."""
    match = _DURATION.match(text) if isinstance(text, str) else None
    if match is None or text in ("P", "PT") or text.endswith("T"):
        raise BadRequestData(f"aggrPeriodDuration {str(text)[:40]!r} is no duration such as PT1H or P1D.")
    part = {k: int(v or 0) for k, v in match.groupdict().items()}
    months = part["years"] * 12 + part["months"]
    try:
        rest = timedelta(
            days=part["weeks"] * 7 + part["days"], hours=part["hours"], minutes=part["minutes"], seconds=part["seconds"]
        )
    except OverflowError:
        raise BadRequestData(f"The duration {text[:40]} is too long.") from None
    if months > LONGEST // 30 or rest.days > LONGEST:
        raise BadRequestData(f"The duration {text[:40]} is too long.")
    return (months, rest) if months or rest else None


def step(start: datetime, period: tuple[int, timedelta], count: int) -> datetime:
    """The beginning of the period number ``count`` after ``start``."""
    try:
        return _step(start, period, count)
    except (OverflowError, ValueError):  # beyond the year 9999 there is nothing more
        return datetime.max.replace(tzinfo=UTC)


def _step(start: datetime, period: tuple[int, timedelta], count: int) -> datetime:
    months, rest = period
    total = start.year * 12 + start.month - 1 + months * count
    if months:
        year, month = divmod(total, 12)
        last = (datetime(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
        start = start.replace(year=year, month=month + 1, day=min(start.day, last))
    return start + rest * count


def buckets(
    *, samples: list[Sample], aggregate: Aggregate, first: datetime, end: datetime | None
) -> dict[str, list[list[Any]]]:
    """Method -> [[value, start, end], …]; empty periods are left out. Samples are in order of time."""
    found: dict[str, list[list[Any]]] = {m: [] for m in aggregate.methods}
    if aggregate.period is None:
        if samples:
            _bucket(found, [v for v, _ in samples], first, end or samples[-1][1])
        return found
    count = 0
    values: list[Any] = []
    low, high = first, step(first, aggregate.period, 1)
    for value, at in samples:
        while at >= high:
            if values:
                _bucket(found, values, low, high)
                values = []
            count = max(count + 1, _jump(first, at, aggregate.period) - 1)
            low, high = step(first, aggregate.period, count), step(first, aggregate.period, count + 1)
        values.append(value)
    if values:
        _bucket(found, values, low, high)
    if max(len(v) for v in found.values()) > MOST_BUCKETS:
        raise BadRequestData(f"The aggregation gives more than {MOST_BUCKETS} periods; choose longer ones.")
    return found


def _jump(first: datetime, at: datetime, period: tuple[int, timedelta]) -> int:
    """About how many periods lie before ``at``: long gaps are skipped at once."""
    months, rest = period
    length = rest + timedelta(days=32 * months)
    return int((at - first) / length) if length else 0


def _bucket(found: dict[str, list[list[Any]]], values: list[Any], low: datetime, high: datetime) -> None:
    for method, rows in found.items():
        result = calculate(method=method, values=values)
        if result is not None:
            rows.append([result, brief(low), brief(high)])


def brief(at: datetime) -> str:
    """UTC text without a fraction that is zero."""
    text = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return text


def calculate(*, method: str, values: list[Any]) -> Any:
    """One aggregation of one period (table 4.5.19.1-1); None where the kind of value or the doubles have none."""
    try:
        found = _calculated(method, values)
    except (OverflowError, ValueError):  # beyond 1.8e308, or the sum of infinities of both signs
        return None
    return None if isinstance(found, float) and not math.isfinite(found) else found


def _calculated(method: str, values: list[Any]) -> Any:
    if method == "totalCount":
        return len(values)
    if method == "distinctCount":
        return len({repr(v) for v in values})
    sizes = [n for v in values if (n := measure(v)) is not None]
    if method in ("min", "max"):
        texts = [v for v in values if isinstance(v, str)]
        pool: list[Any] = sizes or texts
        return (min if method == "min" else max)(pool) if pool else None
    if not sizes:
        return None
    if method == "sum":
        return math.fsum(sizes)
    if method == "sumsq":
        return math.fsum(n * n for n in sizes)
    mean = math.fsum(sizes) / len(sizes)
    if method == "avg":
        return mean
    return math.sqrt(math.fsum((n - mean) ** 2 for n in sizes) / len(sizes))


def measure(value: Any) -> float | None:
    """The number of a value: booleans count as 0 and 1, arrays by their length."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        return double(value)
    return float(len(value)) if isinstance(value, list) else None


def ranked(*, instances: Iterable[Json], timeproperty: str) -> list[Json]:
    """Instances in the order of their time."""
    return sorted(instances, key=lambda i: str(i.get(timeproperty) or i.get("observedAt") or ""))


def simplified(*, instances: list[Json], form: Form, timeproperty: str) -> Json:
    """``{"type": …, "values": [[value, time], …]}`` (4.5.8)."""
    kind = instances[0]["type"]
    member = VALUE_OF[kind]
    plural = {
        "value": "values", "object": "objects", "languageMap": "languageMaps", "vocab": "vocabs", "json": "jsons",
        "valueList": "valueLists", "objectList": "objectLists",
    }[member]  # fmt: skip
    rows = []
    for instance in instances:
        value: Any = instance.get(member)
        if kind == "VocabProperty":
            compact = form.context.compact
            value = [compact(v) for v in value] if isinstance(value, list) else compact(value)
        if kind in ("JsonProperty", "LanguageProperty", "VocabProperty"):
            value = {member: value}
        elif kind == "ListRelationship" and isinstance(value, list):
            value = [v["object"] if isinstance(v, dict) else v for v in value]
        rows.append([value, instance.get(timeproperty)])
    return {"type": kind, plural: rows}


def evolution(
    *, head: Json, attrs: dict[str, list[Json]], form: Form, style: str, span: Span, aggregate: Aggregate | None
) -> Json:
    """One temporal entity as an answer; ``attrs`` maps IRIs to the chosen instances in order of time."""
    compact = form.context.compact
    found: Json = {}
    types = [compact(t) for t in head["type"]]
    found["id"] = head["id"]
    found["type"] = types if len(types) > 1 else types[0]
    for name in ("createdAt", "modifiedAt", "deletedAt"):
        if name in head and form.system:
            found[name] = head[name]
    for iri, instances in attrs.items():
        found[compact(iri)] = _attribute(instances, form, style, span, aggregate)
    if form.pick is not None:
        return {k: v for k, v in found.items() if k in form.pick.names or form.context.expand(k) in form.pick.names}
    if form.omit is not None:
        dropped = form.omit.names
        return {k: v for k, v in found.items() if k not in dropped and form.context.expand(k) not in dropped}
    return found


def _attribute(instances: list[Json], form: Form, style: str, span: Span, aggregate: Aggregate | None) -> Any:
    if aggregate is not None:
        return _aggregated(instances, span, aggregate)
    if style == "temporalValues":
        by_dataset: dict[str | None, list[Json]] = {}
        for instance in instances:
            by_dataset.setdefault(instance.get("datasetId"), []).append(instance)
        rendered = []
        for dataset, rows in by_dataset.items():
            one = simplified(instances=rows, form=form, timeproperty=span.timeproperty) if rows else {}
            rendered.append({**one, "datasetId": dataset} if dataset else one)
        if not rendered:
            return {"type": "Property", "values": []}
        return rendered if len(rendered) > 1 else rendered[0]
    return [_instance(i, form) for i in instances]


def _instance(instance: Json, form: Form) -> Any:
    found = attribute(instances=[instance], form=form)
    if isinstance(found, dict) and "deletedAt" in instance:
        found["deletedAt"] = instance["deletedAt"]
    return found


def _aggregated(instances: list[Json], span: Span, aggregate: Aggregate) -> Json:
    samples: list[Sample] = []
    for instance in instances:
        at = parse_time(instance.get(span.timeproperty) or "")
        if at is not None:
            samples.append((instance.get(VALUE_OF[instance["type"]]), at))
    samples.sort(key=lambda sample: sample[1])  # the latest N come newest first
    kind = instances[0]["type"] if instances else "Property"
    first, end = bounds(samples=samples, span=span)
    return {"type": kind, **buckets(samples=samples, aggregate=aggregate, first=first, end=end)}


def bounds(*, samples: list[Sample], span: Span) -> tuple[datetime, datetime | None]:
    """Where the first period begins, and the end of the time asked for."""
    asked = parse_time(span.at) if span.relation in ("after", "between") else None
    end = parse_time(span.end) if span.relation == "between" else None
    if span.relation == "before":
        end = parse_time(span.at)
    first = asked or (samples[0][1] if samples else datetime(1970, 1, 1, tzinfo=UTC))
    return first, end
