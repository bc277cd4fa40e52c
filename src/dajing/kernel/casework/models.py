"""Tables of casework. ``CaseEvent`` and ``KindVersion`` are only ever added to; the others follow from them."""

from __future__ import annotations

from django.db import models


class KindVersion(models.Model):
    """A case kind as it was when a case was opened; ``digest`` is the SHA-256 of ``body`` (JSON)."""

    digest = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=60)
    body = models.TextField()

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:8]}"


class CaseEvent(models.Model):
    """One line of a case's log; ``key`` names the request, so that sending it twice is one act.

    ``sealed`` holds what a private kind keeps of words and titles, encrypted with the case's own key.
    """

    case = models.CharField(max_length=80)
    seq = models.PositiveIntegerField()
    verb = models.CharField(max_length=40)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    post = models.CharField(max_length=80, blank=True)
    data = models.JSONField()
    sealed = models.BinaryField(null=True)
    key = models.CharField(max_length=100, unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "seq"], name="case_event_place")]

    def __str__(self) -> str:
        return f"{self.case}#{self.seq} {self.verb}"


class Case(models.Model):
    """A case as its log says; ``body`` is the whole state as JSON. ``due`` is far away where no limit runs."""

    id = models.CharField(max_length=80, primary_key=True)
    kind = models.CharField(max_length=60)
    state = models.CharField(max_length=40)
    seq = models.PositiveIntegerField()
    subject = models.CharField(max_length=120, blank=True)
    area = models.CharField(max_length=20, blank=True)
    open = models.BooleanField()
    main = models.CharField(max_length=80, blank=True)
    warn_at = models.DateTimeField(null=True)
    due = models.DateTimeField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    body = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["kind", "open", "due", "id"], name="case_list"),
            models.Index(fields=["subject", "id"], name="case_subject", condition=~models.Q(subject="")),
            models.Index(fields=["main"], name="case_main", condition=~models.Q(main="")),
        ]

    def __str__(self) -> str:
        return self.id


class AccessRow(models.Model):
    """A department that ever had to do with a case, and may therefore read it."""

    case = models.CharField(max_length=80)
    department = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["department", "case"], name="access_place")]
        indexes = [models.Index(fields=["case"], name="access_case")]

    def __str__(self) -> str:
        return f"{self.department} {self.case}"


class QueueRow(models.Model):
    """An open case in the queue of one department; joint handling gives a row for each. No limit: ``due`` far away."""

    case = models.CharField(max_length=80)
    kind = models.CharField(max_length=60)
    title = models.TextField()
    area = models.CharField(max_length=60)
    department = models.CharField(max_length=60)
    post = models.CharField(max_length=80, blank=True)
    person = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=40)
    waiting = models.BooleanField()
    warn_at = models.DateTimeField(null=True)
    due = models.DateTimeField()
    seq = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "department"], name="queue_place")]
        indexes = [
            models.Index(fields=["department", "due", "case"], name="queue_department"),
            models.Index(fields=["department", "kind", "due", "case"], name="queue_kind"),
            models.Index(fields=["kind", "due", "case"], name="queue_of_kind"),
            models.Index(fields=["department", "due", "case"], name="queue_waiting", condition=models.Q(waiting=True)),
            models.Index(fields=["person", "due", "case"], name="queue_person", condition=~models.Q(person="")),
            models.Index(fields=["post", "due", "case"], name="queue_post", condition=~models.Q(post="")),
        ]

    def __str__(self) -> str:
        return f"{self.department} {self.case}"


class Contact(models.Model):
    """How to reach who reported a case, encrypted with the case's contact key; the log names only ``contact:<id>``."""

    id = models.CharField(max_length=32, primary_key=True)
    case = models.CharField(max_length=80, db_index=True)
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.case} {self.id[:8]}"


class SavedView(models.Model):
    """A filtered queue that a person gave a name: ``query`` is the address's query string."""

    person = models.CharField(max_length=80)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="saved_view_name")]

    def __str__(self) -> str:
        return self.name


class ClockRow(models.Model):
    """One run of a clock; ``warn_at`` turns it yellow, ``due`` red; both empty while suspended short of them.

    ``level`` and ``next_at`` are no projection: how far its turns were told, and when the next is to be.
    """

    case = models.CharField(max_length=80)
    run = models.PositiveIntegerField()
    clock = models.CharField(max_length=60)
    started = models.DateTimeField()
    stopped = models.DateTimeField(null=True)
    warn_at = models.DateTimeField(null=True)
    due = models.DateTimeField(null=True)
    provisional = models.BooleanField()
    level = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "run"], name="clock_place")]
        indexes = [
            models.Index(fields=["next_at"], name="clock_next", condition=models.Q(next_at__isnull=False)),
            models.Index(
                fields=["case"],
                name="clock_provisional",
                condition=models.Q(provisional=True, stopped__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.clock}"


class FigureRow(models.Model):
    """The stored value of one measure over all ended cases of a kind; ``value`` null: nothing has ended."""

    kind = models.CharField(max_length=60)
    measure = models.CharField(max_length=60)
    value = models.FloatField(null=True)
    count = models.PositiveIntegerField()
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "measure"], name="figure_place")]

    def __str__(self) -> str:
        return f"{self.kind} {self.measure}"
