"""Plays the script of the simulated offices through the same service as pages and API; can be stopped at any point."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import structlog
from django.db import transaction

from dajing.domains.plan.demo.contents import Contents
from dajing.domains.plan.demo.files import write
from dajing.domains.plan.demo.parameters import Parameters
from dajing.domains.plan.demo.script import MISTAKES, Script, Step, ordered
from dajing.domains.plan.models.demo import Simulation
from dajing.domains.plan.models.reporting import Objection, Report
from dajing.domains.plan.pack import Plan
from dajing.domains.plan.reporting import service, uploading
from dajing.domains.plan.reporting.periods import first_day, periods
from dajing.domains.plan.reporting.scope import form_of, units_in
from dajing.kernel.identity.api import Actor, person_holding
from dajing.kernel.packs.api import departments
from dajing.kernel.text import Refusal, Text

log = structlog.get_logger()
BATCH = 16  # steps per transaction: few enough that nobody waits for the write lock for long
PAUSE = 0.03  # seconds between transactions, or SQLite's waiting writers would never find the lock free
VERB_ROLES = {"submit": "plan.fill", "review": "plan.review", "sign": "plan.sign", "lock": "plan.lock"}
WORDS = {
    "return": "{area}的数据偏低，与上期趋势不符，请核对后重报。",
    "late": "本期有区县数据报送较迟，汇总延后。",
    "revise": "{area}复核后更正漏统数据。",
    "object": "我单位实际数高于公布数，请核对统计口径。",
    "answer": "已与填报部门核对，按现行口径执行；如有漏统将在下期修订。",
}


class NotReported(Refusal):
    """Somebody is to act on a report that was never accepted."""

    text = Text(zh="{form} {period} 尚无报表。", en="{form} {period} has not been reported.")


class Simulator:
    """One simulation of one plan."""

    def __init__(self, *, plan: Plan, parameters: Parameters, size: str, until: datetime) -> None:
        self.plan, self.parameters = plan, parameters
        self.size = parameters.size(id=size)
        self.contents = Contents(parameters=parameters, plan=plan)
        self.steps = ordered(scripts=self._scripts(), until=until)
        self.holder = functools.cache(self._holder)

    def _scripts(self) -> Iterator[list[Step]]:
        head = self.parameters.head
        offices = {d.area: d.id for d in departments() if d.kind == "county"}
        owners = sorted({form.department for form in self.plan.forms})
        for form in self.plan.forms:
            others = [owner for owner in owners if owner != form.department]
            for period in periods(first=head.first, last=head.last, frequency=form.frequency):
                units = [code for code in units_in(period=period) if code in offices]
                script = functools.partial(Script, seed=head.seed, form=form, period=period, size=self.size)
                yield script(scope=self.plan.area).write(others=others, units=units)
                if first_day(period=period).year in self.size.county_years:
                    for unit in units:
                        yield script(scope=unit, ahead=5).write(others=(), units=())

    def run(self, *, seen: Callable[[int, int], None]) -> Simulation:
        """Do every step that is not done yet, ``BATCH`` at a time, telling ``seen`` how many of how many are done.

        A batch and the place reached are one transaction, so after a kill each step is there once or not at all.
        """
        row, _ = Simulation.objects.get_or_create(
            plan=self.plan.id, size=self.size.id, seed=self.parameters.head.seed, defaults={"total": len(self.steps)}
        )
        while row.done < len(self.steps):
            batch = self.steps[row.done : row.done + BATCH]
            with transaction.atomic():
                for step in batch:
                    self.do(step=step)
                moved = Simulation.objects.filter(pk=row.pk, done=row.done).update(done=row.done + len(batch))
                if not moved:
                    raise RuntimeError("another simulator works on the same data")  # rolls this batch back
            row.done += len(batch)
            time.sleep(PAUSE)
            seen(row.done, len(self.steps))
        if row.finished_at is None:
            row.finished_at = self.steps[-1].at if self.steps else None
            row.save(update_fields=["finished_at"])
        return row

    def do(self, *, step: Step) -> None:
        """One step; what reporting refuses stays refused, as it would for anybody."""
        try:
            getattr(self, f"_{step.do}")(step, step.at.astimezone(UTC))
        except Refusal as refusal:
            if step.do != "upload" or step.variant not in MISTAKES and not step.department:
                log.warning("demo.refused", key=step.key, reason=str(refusal))

    def _holder(self, role: str, department: str, year: int) -> Actor:
        found = person_holding(role=role, department=department, at=datetime(year, 12, 31, tzinfo=UTC))
        if found is None:
            raise LookupError(f"nobody in {department} holds {role} in {year}")
        return found

    def _who(self, step: Step, role: str) -> Actor:
        """Whoever holds ``role`` in the office that the step is about."""
        department = step.department or self._owner(step)
        if role in {"plan.lock", "plan.officer"}:
            department = next(d.id for d in departments() if self._leads(d.id, step.at.year))
        if role == "plan.object":
            department = self._office(step.department, step)
        return self.holder(role, department, step.at.year)

    @functools.cache  # noqa: B019 - a simulator lives as long as its job
    def _leads(self, department: str, year: int) -> bool:
        at = datetime(year, 12, 31, tzinfo=UTC)
        return person_holding(role="plan.lock", department=department, at=at) is not None

    def _owner(self, step: Step) -> str:
        if step.scope == self.plan.area:
            return form_of(plan=self.plan, form=step.form).department
        return self._office(step.scope, step)

    def _office(self, area: str, step: Step) -> str:
        day = first_day(period=step.period)
        offices = (d for d in departments() if d.area == area and d.kind == "county" and d.valid_from <= day)
        return next(d.id for d in offices if d.valid_to is None or day < d.valid_to)

    def _report(self, step: Step) -> Report:
        rows = Report.objects.filter(plan=self.plan.id, form=step.form, scope=step.scope, period=step.period)
        found = rows.order_by("-revision").first()
        if found is None:
            raise NotReported(form=step.form, period=step.period)
        return found

    def _words(self, step: Step, kind: str) -> str:
        field, area = self.contents.spoilt(step=step)
        del field
        named = {code: name.zh for code, name in units_in(period=step.period).items()}
        return WORDS[kind].format(area=named.get(area, "全市"))

    def _upload(self, step: Step, at: datetime) -> None:
        content = self.contents.content(step=step)
        name, body = write(content=content, layout=self.parameters.layout(form=step.form))
        uploading.accept(
            plan=self.plan, form=step.form, scope=step.scope, name=name, body=body, by=self._who(step, "plan.fill"),
            at=at, key=step.key,
        )  # fmt: skip

    def _act(self, step: Step, at: datetime) -> None:
        report = self._report(step)
        role = VERB_ROLES.get(step.verb, "plan.review")
        service.act(
            report=report, verb=step.verb, by=self._who(step, role), at=at, version=report.version, key=step.key,
            text=self._words(step, "return") if step.verb == "return" else "",
        )  # fmt: skip

    def _late(self, step: Step, at: datetime) -> None:
        by, text = self._who(step, "plan.fill"), self._words(step, "late")
        service.note_lateness(report=self._report(step), text=text, by=by, at=at, key=step.key)

    def _revise(self, step: Step, at: datetime) -> None:
        by, reason = self._who(step, "plan.fill"), self._words(step, "revise")
        service.revise(report=self._report(step), reason=reason, by=by, at=at, key=step.key)

    def _remind(self, step: Step, at: datetime) -> None:
        service.remind(
            plan=self.plan, form=step.form, scope=step.scope, period=step.period, by=self._who(step, "plan.lock"), at=at
        )

    def _disputed(self, step: Step) -> str:
        """The field that the unit objects to: its first part of something."""
        return next(f.id for f in self.plan.fields if f.form == step.form and f.part_of is not None)

    def _object(self, step: Step, at: datetime) -> None:
        service.object_to(
            plan=self.plan, field=self._disputed(step), area=step.department, period=step.period,
            text=self._words(step, "object"), by=self._who(step, "plan.object"), at=at,
        )  # fmt: skip

    def _answer(self, step: Step, at: datetime) -> None:
        row = Objection.objects.filter(
            plan=self.plan.id, field=self._disputed(step), area=step.department, period=step.period
        ).order_by("pk")[0]
        by = self._who(step, "plan.officer")
        service.answer_objection(objection=row, answer=self._words(step, "answer"), by=by, at=at)
