"""Start-up step of identity."""

from __future__ import annotations

from dajing.kernel.identity.loading import load
from dajing.kernel.supervisor.setup import Step
from dajing.kernel.text import Text

STEPS = [Step(name="identity", title=Text(zh="部门与岗位", en="Offices and posts"), order=20, run=load)]
