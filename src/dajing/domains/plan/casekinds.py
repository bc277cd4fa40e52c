"""The plan's kinds of case and the pages that show them."""

from __future__ import annotations

from pathlib import Path

FILES = [Path(__file__).parent / "actions" / "action.toml"]
PAGES = {"plan_action": "plan-action"}
