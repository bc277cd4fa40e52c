"""Tables of reporting. A locked report is never changed: a correction is a new revision beside it."""

from __future__ import annotations

from django.db import models


class Report(models.Model):
    """One form for one period; ``scope`` is the city's code for the department's whole table, else one unit.

    ``version`` counts the acts, so that of two people at once one wins.
    """

    plan = models.CharField(max_length=40)
    form = models.CharField(max_length=60)
    scope = models.CharField(max_length=12)
    period = models.CharField(max_length=8)
    revision = models.PositiveIntegerField(default=1)
    department = models.CharField(max_length=60)
    state = models.CharField(max_length=12, default="draft")
    version = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=500, blank=True, help_text="Why this revision was needed.")
    opened_at = models.DateTimeField()
    locked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "form", "scope", "period", "revision"], name="report_revision"),
            models.UniqueConstraint(
                fields=["plan", "form", "scope", "period"],
                condition=~models.Q(state="locked"),
                name="one_open_revision",
            ),
        ]
        indexes = [models.Index(fields=["plan", "state", "form", "period"])]

    def __str__(self) -> str:
        return f"{self.form} {self.scope} {self.period} r{self.revision}"


class ReportValue(models.Model):
    """One figure of a report with where it stood in the file; replaced only while the report is open."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="values_set")
    field = models.CharField(max_length=60)
    area = models.CharField(max_length=12)
    number = models.FloatField(null=True)
    text = models.CharField(max_length=60, blank=True)
    row = models.PositiveIntegerField(default=0)
    column = models.CharField(max_length=8, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "field", "area"], name="figure_once")]

    def __str__(self) -> str:
        return f"{self.field} {self.area} {self.number}"


class ReportAct(models.Model):
    """One act on a report; the log is append-only. ``key`` makes a repeated request the same act."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="acts")
    version = models.PositiveIntegerField()
    verb = models.CharField(max_length=20)
    by = models.CharField(max_length=80)
    by_name = models.CharField(max_length=100)
    post = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()
    text = models.CharField(max_length=1000, blank=True)
    document = models.CharField(max_length=300, blank=True)
    key = models.CharField(max_length=80, unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "version"], name="act_version")]

    def __str__(self) -> str:
        return f"{self.report_id} {self.version} {self.verb}"


class Upload(models.Model):
    """A file as it came, accepted or refused; the original is kept under its SHA-256."""

    plan = models.CharField(max_length=40)
    form = models.CharField(max_length=60)
    department = models.CharField(max_length=60)
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.BigIntegerField()
    by = models.CharField(max_length=80)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=12)
    problems = models.JSONField(default=list)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, null=True, related_name="uploads")

    def __str__(self) -> str:
        return f"{self.filename} {self.outcome}"


class ColumnMapping(models.Model):
    """Which field each column of a department's table stands for, remembered by the table's headings."""

    department = models.CharField(max_length=60)
    form = models.CharField(max_length=60)
    signature = models.CharField(max_length=64)
    mapping = models.JSONField()
    by = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["department", "form", "signature"], name="mapping_once")]

    def __str__(self) -> str:
        return f"{self.department} {self.form}"


class Objection(models.Model):
    """A county's objection to a figure about it; it is answered and stays beside the number."""

    plan = models.CharField(max_length=40)
    field = models.CharField(max_length=60)
    area = models.CharField(max_length=12)
    period = models.CharField(max_length=8)
    text = models.CharField(max_length=1000)
    document = models.CharField(max_length=300, blank=True)
    by = models.CharField(max_length=80)
    by_name = models.CharField(max_length=100)
    at = models.DateTimeField()
    answer = models.CharField(max_length=1000, blank=True)
    answered_by = models.CharField(max_length=80, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["plan", "area", "period"])]

    def __str__(self) -> str:
        return f"{self.field} {self.area} {self.period}"


class Reminder(models.Model):
    """That an office was reminded of a report it owes."""

    plan = models.CharField(max_length=40)
    form = models.CharField(max_length=60)
    scope = models.CharField(max_length=12)
    period = models.CharField(max_length=8)
    department = models.CharField(max_length=60)
    by = models.CharField(max_length=80)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.department} {self.form} {self.period}"
