"""Which entities a query asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dajing.domains.context.ngsi import selection
from dajing.domains.context.ngsi.geoquery import GeoQuery
from dajing.domains.context.ngsi.query import Node
from dajing.domains.context.ngsi.scope import ScopeQuery


@dataclass(frozen=True)
class Wanted:
    """Every condition given must hold."""

    tenant: str = ""
    ids: tuple[str, ...] = ()
    pattern: Any = None
    types: selection.Types | None = None
    attributes: tuple[str, ...] = ()
    q: Node | None = None
    geo: GeoQuery | None = None
    scope: ScopeQuery | None = None
    datasets: tuple[str, ...] = ()
    alternatives: tuple[Wanted, ...] = field(default=())
    memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)  # what the store made of it
