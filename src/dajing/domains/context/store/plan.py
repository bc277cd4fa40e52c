"""From what is wanted to one SQL statement: the most selective index leads, the others test each candidate.

Candidates are never fewer than the answers. Where the indexes decide alone (``exact``) nothing needs to be decoded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import apsw

from dajing.domains.context.ngsi.geoquery import EARTH, GeoQuery
from dajing.domains.context.ngsi.query import Group, Node, Term
from dajing.domains.context.ngsi.terms import SYSTEM
from dajing.domains.context.store.index import LARGE, SAFE, WORD, spans
from dajing.domains.context.store.wanted import Wanted

type Terms = Callable[[str, str], int]
type Values = list[Any]

MANY = 6  # of n entities, √n times this in a box: going through a type in order is then as quick as sorting them
GEO = 1  # the rank of a geo-query with a box: only ids come before it
FEW = 256  # an index that gives at most so many candidates leads, however late in the order they lie
ALL = 2**62  # more than there are
# half the chord squared of a great circle on the mean sphere, as ngsi.geoquery computes it: it grows with the distance,
# so that no root and no arc sine is taken for each candidate
_HALF = (
    f"pow(sin((c.north - ?) * {math.pi / 360}), 2) + "
    f"? * cos(c.north * {math.pi / 180}) * pow(sin((c.east - ?) * {math.pi / 360}), 2)"
)
TESTED = 50  # of so many terms of a q the indexes are asked; a longer one is judged by the documents
SAMPLE = 4  # of so many ranges of a box one is counted


@dataclass(frozen=True)
class Plan:
    """``first`` and ``where`` yield candidates: key and ``unsure``; where ``exact``, only unsure ones are judged.

    ``scattered`` keys come in no order and perhaps twice: they are few, and are sorted before any document is fetched.
    """

    first: str
    first_values: tuple[Any, ...]
    where: str
    where_values: tuple[Any, ...]
    exact: bool
    scattered: bool
    sure: str = ""
    sure_values: tuple[Any, ...] = ()

    @cached_property
    def values(self) -> tuple[Any, ...]:
        """The values of ``documents``; those of ``count`` are the last of them."""
        return (*self.sure_values, *self.first_values, *self.where_values)

    @cached_property
    def documents(self) -> str:
        """The statement that gives (document, whether it must be judged) in the order of creation.

        LIMIT keeps the sorted keys apart, so that they alone are sorted and a page stops where it is full.
        """
        unsure = f"CASE WHEN {self.sure} THEN 0 ELSE 1 END" if self.sure else "d.unsure"
        keys = f"SELECT d.k AS k, {unsure} AS unsure FROM ({self.first}) d {self._tested} ORDER BY d.k LIMIT {ALL}"
        return f"SELECT e.doc, f.unsure FROM ({keys}) f CROSS JOIN entity e WHERE e.k=f.k ORDER BY f.k"

    @property
    def count(self) -> str:
        """The statement that counts the candidates."""
        return f"SELECT count(*) FROM ({self.first}) d {self._tested}"

    @property
    def _tested(self) -> str:
        return f"WHERE {self.where}" if self.where else ""

    def among(self, keys: int) -> str:
        """The statement that gives (key, document) of those of so many keys that pass the other conditions."""
        if keys not in self._among:
            where = f" AND {self.where}" if self.where else ""
            marks = ",".join("?" * keys)
            self._among[keys] = f"SELECT d.k, d.doc FROM entity d WHERE d.k IN ({marks}){where} ORDER BY d.k"
        return self._among[keys]

    @cached_property
    def _among(self) -> dict[int, str]:
        return {}


@dataclass
class _Test:
    """One condition as a set of keys (``lead``) and as a test of ``d.k`` (``check``), with their values."""

    lead: str
    check: str
    values: Values
    exact: bool = True
    rank: int = 9
    few: str = ""  # a statement that says whether its keys are few, where it may lead for being selective
    few_values: Values | None = None
    check_values: Values | None = None
    sure: str = ""  # a test, with the values of ``check``, of which candidates need no judging where it does not lead


def plan(*, wanted: Wanted, term: Terms, connection: apsw.Connection) -> Plan:
    """The plan for ``wanted``; ``term`` gives the number of (tenant, IRI), -1 where it was never used.

    What depends on the question alone is kept with it, since boards and maps ask the same every few seconds.
    """
    memo = wanted.memo
    tests: tuple[_Test, ...] | None = memo.get("tests")
    if tests is None:
        unknown = []

        def known(tenant: str, iri: str) -> int:
            if (number := term(tenant, iri)) < 0:
                unknown.append(iri)
            return number

        tests = tuple(_tests(wanted, known))
        memo = {} if unknown else memo  # a name may be used from now on
        memo["tests"] = tests
    first = _first(tests, connection)
    if first not in memo:
        memo[first] = _led(first, tests, wanted)
    found: Plan = memo[first]
    return found


def _led(number: int | None, tests: tuple[_Test, ...], wanted: Wanted) -> Plan:
    """The plan in which one of the tests leads, or the table itself."""
    own = _Test("SELECT k, 0 AS unsure FROM entity WHERE tenant=?", "", [wanted.tenant])
    first = tests[number] if number is not None else own
    near = next((test for test in tests if test.sure and test is not first), None)
    # a geo-query says which of its candidates are unsure
    exact = _decided(wanted) and all(test.exact for test in tests)
    exact = exact and (wanted.geo is None or first.rank == GEO or near is not None)
    rest = [test for test in tests if test is not first]
    where = " AND ".join(test.check for test in rest)
    checked = (v for test in rest for v in (test.values if test.check_values is None else test.check_values))
    found = Plan(first.lead, tuple(first.values), where, tuple(checked), exact, first.rank == GEO)
    return replace(found, sure=near.sure, sure_values=tuple(near.check_values or ())) if near else found


def _first(tests: tuple[_Test, ...], connection: apsw.Connection) -> int | None:
    """Which condition leads: ids, a box or a value with few answers, else the narrowest kind of index."""
    leads = sorted((n for n, test in enumerate(tests) if test.lead), key=lambda n: tests[n].rank)
    if not leads or tests[leads[0]].rank == 0:
        return leads[0] if leads else None
    broad = None
    for n in leads:
        if not tests[n].few:
            broad = n if broad is None else broad
        elif connection.execute(tests[n].few, tests[n].few_values or tests[n].values).get:
            return n
    return leads[0] if broad is None else broad


def _decided(wanted: Wanted) -> bool:
    """Whether nothing is asked that only the document can answer."""
    plain = not wanted.alternatives and wanted.pattern is None and wanted.scope is None and not wanted.datasets
    parts = _parts(wanted.q)
    return plain and len(parts) <= TESTED and all(_exact(part) for part in parts)


def _parts(node: Node | None) -> tuple[Node, ...]:
    if node is None:
        return ()
    return tuple(node.parts) if isinstance(node, Group) and node.every else (node,)


def _exact(part: Node) -> bool:
    return isinstance(part, Term) and _usable(part) and _index(part) is not None


def _usable(part: Term) -> bool:
    return not part.negated and part.linked is None and part.path[0] not in (*SYSTEM, "id")


def _tests(wanted: Wanted, term: Terms) -> Iterator[_Test]:
    if wanted.ids:
        marks = ",".join("?" * len(wanted.ids))
        lead = f"SELECT k, 0 AS unsure FROM entity WHERE tenant=? AND id IN ({marks})"
        yield _Test(lead, "", [wanted.tenant, *wanted.ids], rank=0)  # always leads
    if wanted.geo is not None:
        yield _near(wanted.geo, term(wanted.tenant, wanted.geo.attribute))
    if types := _types(wanted):
        yield _kinds(types, wanted.tenant, term)
    if wanted.attributes:
        numbers = [term(wanted.tenant, iri) for iri in wanted.attributes]
        marks = ",".join("?" * len(numbers))
        lead = f"SELECT DISTINCT k, 0 AS unsure FROM has WHERE attr IN ({marks})"
        yield _Test(lead, f"EXISTS (SELECT 1 FROM has h WHERE h.attr IN ({marks}) AND h.k=d.k)", list(numbers), rank=6)
    for part in _parts(wanted.q)[:TESTED]:
        if isinstance(part, Term) and _usable(part):
            yield _compared(part, term(wanted.tenant, part.path[0]))


def _types(wanted: Wanted) -> tuple[frozenset[str], ...]:
    if wanted.types or not wanted.alternatives:
        return tuple(wanted.types or ())
    if all(other.types for other in wanted.alternatives):
        return tuple(types for other in wanted.alternatives for types in other.types or ())
    return ()


def _kinds(types: tuple[frozenset[str], ...], tenant: str, term: Terms) -> _Test:
    test = "EXISTS (SELECT 1 FROM kind t WHERE t.type=? AND t.k=d.k)"
    if len(types) == 1 and len(types[0]) == 1:
        (iri,) = types[0]
        return _Test("SELECT k, 0 AS unsure FROM kind WHERE type=?", test, [term(tenant, iri)], rank=5)
    values = [term(tenant, iri) for conjunction in types for iri in conjunction]
    if all(len(conjunction) == 1 for conjunction in types):
        marks = ",".join("?" * len(values))
        lead = f"SELECT DISTINCT k, 0 AS unsure FROM kind WHERE type IN ({marks})"
        return _Test(lead, f"EXISTS (SELECT 1 FROM kind t WHERE t.type IN ({marks}) AND t.k=d.k)", values, rank=5)
    check = " OR ".join("(" + " AND ".join([test] * len(conjunction)) + ")" for conjunction in types)
    return _Test("", f"({check})", values)


def _compared(part: Term, attribute: int) -> _Test:
    found = _index(part)
    if found is None:
        lead = "SELECT k, 0 AS unsure FROM has WHERE attr=?"
        return _Test(lead, "EXISTS (SELECT 1 FROM has h WHERE h.attr=? AND h.k=d.k)", [attribute], exact=False, rank=7)
    table, condition, values = found
    few = f"SELECT count(*) <= {FEW} FROM (SELECT 1 FROM {table} WHERE attr=? AND {condition} LIMIT {FEW + 1}) x"
    lead = f"SELECT DISTINCT k, 0 AS unsure FROM {table} WHERE attr=? AND {condition}"
    check = f"EXISTS (SELECT 1 FROM {table} x WHERE x.k=d.k AND x.attr=? AND x.{condition})"
    return _Test(lead, check, [attribute, *values], rank=8, few=few)


def _index(part: Term) -> tuple[str, str, Values] | None:
    """Table, condition and values that decide a term alone; None where the document must be looked at."""
    if len(part.path) != 1 or part.member or not part.op:
        return None
    if part.span is not None:
        if part.op == "==" and all(_number(v) for v in part.span):
            return "number", "value BETWEEN ? AND ?", [float(v) for v in part.span]
        return None
    if len(part.values) != 1:
        return None
    value = part.values[0]
    if _number(value) and part.op in ("==", ">", ">=", "<", "<="):
        return "number", f"value{'=' if part.op == '==' else part.op}?", [float(value)]
    if part.op == "==" and isinstance(value, str) and len(value) < WORD and not value[:4].isdigit():
        return "word", "value=?", [value]
    return None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < SAFE


def _near(geo: GeoQuery, attribute: int) -> _Test:
    if geo.box is None:
        lead = "SELECT k, 1 AS unsure FROM has WHERE attr=?"
        return _Test(lead, "EXISTS (SELECT 1 FROM has h WHERE h.attr=? AND h.k=d.k)", [attribute], exact=False, rank=4)
    ranges = [(LARGE, LARGE), *spans(box=geo.box)]
    test, limits, unsure = _distance(geo)
    columns = f"c.k AS k, {unsure} AS unsure"
    lead = f"SELECT {columns} FROM ({_ranges(len(ranges), 'k, east, north')}) c WHERE {test}"
    check = f"EXISTS (SELECT 1 FROM place c WHERE c.k=d.k AND c.attr=? AND {test})"
    sure = f"EXISTS (SELECT 1 FROM place c WHERE c.k=d.k AND c.attr=? AND c.east IS NOT NULL AND {test})"
    sampled = ranges[1::SAMPLE]
    share = len(ranges) / len(sampled)
    most = f"{MANY / share} * sqrt((SELECT coalesce(max(k), 0) FROM entity))"
    few = (
        f"SELECT count(*) <= {most} FROM "
        f"(SELECT 1 FROM ({_ranges(len(sampled), 'k')}) c LIMIT CAST(1 + {most} AS INTEGER)) x"
    )
    found = _Test(lead, check, [*_edges(ranges, attribute), *limits], exact=unsure != "1", rank=GEO, few=few)
    return replace(
        found,
        few_values=_edges(sampled, attribute),
        check_values=[attribute, *limits],
        sure=sure if found.exact else "",
    )


def _ranges(number: int, columns: str) -> str:
    """The rows of ``place`` in so many ranges of cells."""
    return " UNION ALL ".join([f"SELECT {columns} FROM place WHERE attr=? AND cell BETWEEN ? AND ?"] * number)


def _edges(ranges: list[tuple[int, int]], attribute: int) -> Values:
    return [value for first, last in ranges for value in (attribute, first, last)]


def _distance(geo: GeoQuery) -> tuple[str, Values, str]:
    """The test of a position, its values, and which candidates stay unsure (1: all of them)."""
    west, south, east, north = geo.box or (-180.0, -90.0, 180.0, 90.0)
    test, limits = "c.north BETWEEN ? AND ?", [south, north]
    if west >= -180 and east <= 180:  # else a box across the date line: its cells are whole rows
        test, limits = f"{test} AND c.east BETWEEN ? AND ?", [*limits, west, east]
    if geo.relation != "near" or geo.geometry["type"] != "Point":
        return f"(c.east IS NULL OR ({test}))", limits, "1"
    here = geo.geometry["coordinates"]
    limits += [here[1], math.cos(math.radians(here[1])), here[0], _half(geo.nearest), _half(geo.farthest)]
    return (
        f"(c.east IS NULL OR ({test} AND {_HALF} BETWEEN ? AND ?))",
        limits,
        "CASE WHEN c.east IS NULL THEN 1 ELSE 0 END",
    )


def _half(metres: float) -> float:
    """What ``_HALF`` is at a distance; beyond half the way around the earth there is nothing."""
    angle = metres / (2 * EARTH)
    return math.sin(angle) ** 2 if angle < math.pi / 2 else 2.0
