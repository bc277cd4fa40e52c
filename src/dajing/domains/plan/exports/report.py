"""What every file format is written from: the board, the counties, and its words in one language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from dajing.domains.plan.actions.contents import Line
from dajing.domains.plan.board.contents import Board, Figure, Row, is_synthetic
from dajing.domains.plan.board.words import DEFINITIONS, KINDS, WATERMARK
from dajing.domains.plan.evaluation.structs import Evaluation
from dajing.domains.plan.forecast.structs import Forecast
from dajing.domains.plan.pack import Indicator
from dajing.kernel.text import Text
from dajing.kernel.units import unit_name

SIGNS = {("up", False): "≥", ("up", True): ">", ("down", False): "≤", ("down", True): "<"}
UNKNOWN = Text(zh="未知", en="unknown")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A report to be written: ``language`` is ``zh`` or ``en``; ``at`` is when it is written, ``as_of`` what it knows.

    ``addressee`` is the 主送机关; ``names`` maps area codes to names and ``counties`` holds their figures.
    ``forecasts`` are for a plan that runs, ``evaluation`` is for one that has ended.
    ``late`` are actions past their last day.
    """

    board: Board
    at: datetime
    as_of: datetime | None
    language: str
    time_zone: str
    addressee: Text
    departments: dict[str, Text] = {}
    names: dict[str, Text] = {}
    counties: Sequence[Figure] = ()
    forecasts: Sequence[Forecast] = ()
    evaluation: Evaluation | None = None
    late: Sequence[Line] = ()

    def say(self, text: Text) -> str:
        """A text in the report's language."""
        return text.render(language=self.language)

    def unit(self, indicator: Indicator) -> str:
        """An indicator's unit in the report's language."""
        return unit_name(indicator.unit, language=self.language)

    @property
    def synthetic(self) -> bool:
        """Whether every page must carry the watermark."""
        return is_synthetic(self.board) or any(f.reading.kind == "synthetic" for f in self.counties)

    @property
    def watermark(self) -> str:
        """The words of the watermark."""
        return self.say(WATERMARK)

    @property
    def title(self) -> str:
        """The title of the report."""
        named = Text(zh="关于《{plan}》指标执行情况的报告", en="Report on the targets of “{plan}”")
        return self.say(named.format(plan=self.say(self.board.plan.title).strip("《》")))

    def day(self, moment: datetime | None) -> str:
        """A date in the city's time zone, written the official way."""
        local = (moment or self.at).astimezone(ZoneInfo(self.time_zone))
        return f"{local.year}年{local.month}月{local.day}日" if self.language == "zh" else local.strftime("%-d %B %Y")

    @property
    def state(self) -> str:
        """What the report knows and from when its figures are."""
        vintage = self.board.vintage
        if vintage is None or self.board.empty:
            none = Text(
                zh="截至{day}尚无锁定的报表，本报告不含读数。",
                en="As of {day} no report has been locked; this report holds no readings.",
            )
            return self.say(none.format(day=self.day(self.as_of)))
        text = Text(
            zh="本报告反映截至{day}已知的数据；读数计算于{computed}，存档编号 {id}。",
            en="This report shows what was known as of {day}; readings computed on {computed}, stored as {id}.",
        )
        return self.say(text.format(day=self.day(self.as_of), computed=self.day(vintage.computed_at), id=vintage.id))


def target(indicator: Indicator, *, language: str) -> str:
    """The target in figures, such as ``≥ 95 %``."""
    goal = indicator.target
    return f"{SIGNS[indicator.direction, goal.strict]} {goal.value:g} {unit_name(indicator.unit, language=language)}"


def value(row: Row, report: Report) -> str:
    """The latest value with its unit, or the word for unknown."""
    reading = row.latest.reading if row.latest else None
    if reading is None or reading.value is None:
        return report.say(UNKNOWN)
    return f"{reading.value:,.{row.indicator.decimals}f} {report.unit(row.indicator)}"


def kind(figure: Figure | None, report: Report) -> str:
    """What the figure's records are, in a word."""
    return report.say(KINDS[str(figure.reading.kind)]) if figure and figure.reading.kind else ""


def definition(indicator: Indicator, report: Report) -> str:
    """Whether the definition is official, in a word."""
    return report.say(DEFINITIONS[indicator.definition_status])
