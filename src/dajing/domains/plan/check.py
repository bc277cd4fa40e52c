"""What ``dajing check`` asks of the plans in a city pack."""

from __future__ import annotations

from pathlib import Path

from dajing.domains.plan.demo.acting import read_actions
from dajing.domains.plan.demo.parameters import read_parameters
from dajing.domains.plan.loading import read_crosswalk, read_plans
from dajing.domains.plan.pack import Indicator
from dajing.domains.plan.readings.uses import split_id, uses_of_indicator
from dajing.kernel.packs.problem import Problems
from dajing.kernel.packs.toml import TomlFile
from dajing.kernel.text import Refusal, Text

CURE = Text(
    zh="改用已有的度量和参数，或先注册新的度量", en="use a measure and parameters that exist, or register it first"
)
NOT_RECORDS = Text(
    zh="predicted 须用读取台账记录的度量及其输入",
    en="predicted needs a measure over records, and inputs of its own",
)


def check_pack(*, folder: Path, areas: frozenset[str], departments: frozenset[str], problems: Problems) -> None:
    """Read every plan and the crosswalk of the pack at ``folder``; all faults go to ``problems``."""
    plans = read_plans(folder=folder, areas=areas, departments=departments, problems=problems)
    for plan in plans:
        check_measures(file=folder / "plans" / plan.id / "indicators.toml", problems=problems)
    read_crosswalk(folder=folder, plans=plans, problems=problems)
    if (folder / "demo" / "plan.toml").exists():
        read_parameters(folder=folder, plans=plans, problems=problems)
    read_actions(folder=folder, problems=problems)


def check_measures(*, file: Path, problems: Problems) -> None:
    """Every indicator and companion names a registered measure and gives it parameters that it takes."""
    toml = TomlFile(path=file, problems=problems)
    for entry in toml.array("indicators", Indicator):
        try:
            found = uses_of_indicator(indicator=entry.value)
        except Refusal as refusal:
            toml.report((*entry.path, "params"), refusal.message, CURE)
            continue
        for use in found:
            if split_id(use.id)[1] == "predicted" and not set(use.params.fields().values()) <= set(use.measure.inputs):
                toml.report((*entry.path, "predicted"), NOT_RECORDS, CURE)
