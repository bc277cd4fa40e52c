"""The door of the network: who is covered as of a time, and the role that may see where."""

from __future__ import annotations

from dajing.domains.network.coverage.gaps import Gap, gaps
from dajing.domains.network.coverage.reading import latest, lines, runs
from dajing.domains.network.coverage.refusals import NoRun
from dajing.domains.network.coverage.structs import Line, RunInfo
from dajing.domains.network.roles import MANAGE, VIEW

__all__ = ["MANAGE", "VIEW", "Gap", "Line", "NoRun", "RunInfo", "gaps", "latest", "lines", "runs"]
