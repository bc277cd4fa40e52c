"""Which engine evaluates: found by the scheme of ``analytics`` in the settings."""

from __future__ import annotations

import importlib
import threading
from urllib.parse import urlsplit

from dajing.kernel.catalog.port import AnalyticEngine
from dajing.kernel.settings import settings
from dajing.kernel.text import Refusal, Text

ADAPTERS = {"duckdb": "dajing.engines.duck", "sc": "dajing.engines.spark"}


class EngineUnknown(Refusal):
    """The setting names an engine that no adapter serves."""

    text = Text(
        zh="analytics = {url}：没有这种分析引擎；可用：{known}",
        en="analytics = {url}: there is no such analytical engine; there are: {known}",
    )


_local = threading.local()


def analytic_engine(*, url: str | None = None) -> AnalyticEngine:
    """The adapter for ``url`` (default: the setting), opened once per thread because a connection serves one thread."""
    url = url or settings().analytics
    opened: dict[str, AnalyticEngine] = _local.__dict__.setdefault("opened", {})
    if url not in opened:
        scheme = urlsplit(url).scheme
        if scheme not in ADAPTERS:
            raise EngineUnknown(url=url, known=", ".join(f"{name}://" for name in ADAPTERS))
        opened[url] = importlib.import_module(ADAPTERS[scheme]).connect(url=url)
    return opened[url]
