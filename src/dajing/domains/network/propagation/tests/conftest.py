"""The largest errors that the tests saw, printed at the end of a run."""

from __future__ import annotations

from collections import defaultdict
from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for each figure that tests recorded under the name of an error: its largest value."""
    found: dict[str, list[float]] = defaultdict(list)
    for report in terminalreporter.stats.get("passed", []):
        for name, value in getattr(report, "user_properties", ()):
            if name.startswith("P.1812-8 "):
                found[name].append(value)
    for name, values in sorted(found.items()):
        terminalreporter.write_line(f"{name}: {max(values):.2g} (largest of {len(values)})")
