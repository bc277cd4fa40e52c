"""What each simulated file says: the truth, the first wrong version of it, or a mistake."""

from __future__ import annotations

import functools
import random
from collections.abc import Mapping
from datetime import timedelta

import msgspec

from dajing.domains.plan.demo.files import RATES, Content
from dajing.domains.plan.demo.ground import Ground, ground
from dajing.domains.plan.demo.model import Figures, truth
from dajing.domains.plan.demo.parameters import Parameters
from dajing.domains.plan.demo.script import Step
from dajing.domains.plan.pack import Field, Plan
from dajing.domains.plan.reporting.periods import last_day, period_of
from dajing.domains.plan.reporting.scope import covered, fields_of, form_of
from dajing.kernel.areas import api as areas

TOO_LOW = 0.9


class Contents:
    """Figures and files of one simulation."""

    def __init__(self, *, parameters: Parameters, plan: Plan) -> None:
        self.parameters, self.plan = parameters, plan
        self.truth = functools.lru_cache(maxsize=64)(self._truth)

    def _truth(self, form: str, period: str) -> Figures:
        return truth(
            parameters=self.parameters, plan=self.plan, form=form, period=period, grounds=self._grounds(period)
        )

    def _grounds(self, period: str) -> Mapping[str, Ground]:
        end = last_day(period=period)
        census = {year: areas.census(year) for year in (2010, 2020)}
        units = areas.units(hierarchy="reporting", on=end)
        return {u.code: ground(code=u.code, on=end, areas=areas.areas(), census=census) for u in units}

    def spoilt(self, *, step: Step) -> tuple[str, str]:
        """The (field, area) that the early version of a report has too low: a part of a whole and whole of no part."""
        figures = self._of_scope(step)
        fields = fields_of(plan=self.plan, form=step.form)
        wholes = {field.part_of for field in fields.values()}
        last = {field.id for field in fields.values() if field.part_of is not None and field.id not in wholes}
        parts = sorted(key for key in figures if key[0] in last and figures[key] >= 20)
        chance = random.Random(f"{self.parameters.head.seed}/spoilt/{step.form}/{step.period}")  # noqa: S311
        return chance.choice(parts or sorted(figures))

    def _of_scope(self, step: Step) -> Figures:
        figures = self.truth(step.form, step.period)
        return figures if step.scope == self.plan.area else {k: v for k, v in figures.items() if k[1] == step.scope}

    def content(self, *, step: Step) -> Content:
        """What the file of an upload step says."""
        figures = dict(self._of_scope(step))
        fields = fields_of(plan=self.plan, form=step.form)
        if step.variant == "early":
            key = self.spoilt(step=step)
            low = figures[key] * TOO_LOW
            figures[key] = float(round(low)) if fields[key[0]].integer else round(low, 4)
        units = covered(plan=self.plan, scope=step.scope, period=step.period)
        held, names = {area for _, area in figures}, self._names(step.form)
        content = Content(
            form=form_of(plan=self.plan, form=step.form),
            period=step.period,
            fields=tuple(fields.values()),
            areas=tuple((code, names[code]) for code in units if code in held),
            city=self.plan.area,
            city_name=areas.top().name,
            figures=figures,
        )
        if step.variant in {"true", "early"}:
            return content
        adds = self.parameters.layout(form=step.form).shape != "long"  # a long table has no row of totals
        return self._mistaken(content, "words" if step.variant == "total" and not adds else step.variant, fields)

    def _names(self, form: str) -> Mapping[str, str]:
        """How the office calls each unit: a short name only where no other unit ever had the same."""
        every = areas.areas()
        full = {code: area.name.zh for code, area in every.items()}
        if self.parameters.layout(form=form).names != "short":
            return full
        short = {code: full[code][:-1] for code, a in every.items() if a.level == "county" and len(full[code]) > 2}
        return full | {code: name for code, name in short.items() if list(short.values()).count(name) == 1}

    def _retired(self, content: Content, area: str) -> Content:
        """The file still names a unit that was abolished before the period."""
        end = last_day(period=content.period)
        former = (a for a in areas.areas().values() if a.valid_to and a.valid_to <= end and a.level == "county")
        gone = max(former, key=lambda a: (a.valid_to, a.code))
        figures = {(f, gone.code if a == area else a): number for (f, a), number in content.figures.items()}
        listed = tuple((gone.code, gone.name.zh) if code == area else (code, name) for code, name in content.areas)
        return msgspec.structs.replace(content, figures=figures, areas=listed)

    def _mistaken(self, content: Content, mistake: str, fields: Mapping[str, Field]) -> Content:
        figures = dict(content.figures)
        area = next(code for code, _ in content.areas if code != content.city)
        part = next(f for f in fields.values() if f.part_of is not None and f.unit not in RATES)
        match mistake:
            case "negative":
                figures[(part.id, area)] = -figures[(part.id, area)] - 1
            case "part":
                figures[(part.id, area)] = figures[(part.part_of or "", area)] * 2 + 1
            case "words":
                return msgspec.structs.replace(content, words={(part.id, area): "待核实"})
            case "total":
                return msgspec.structs.replace(content, total_error=0.1)
            case "retired":
                return self._retired(content, area)
            case _:
                later = last_day(period=content.period) + timedelta(days=200)
                return msgspec.structs.replace(content, period=period_of(day=later, frequency=content.form.frequency))
        return msgspec.structs.replace(content, figures=figures)
