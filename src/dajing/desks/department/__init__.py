"""The desk of a department's data officer: it places panels, no rules."""
