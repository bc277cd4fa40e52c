"""Tables of the ledger. Nothing here is ever updated but ``Entry.sealed``, which turns true once."""

from __future__ import annotations

from django.db import models


class Entry(models.Model):
    """One act as recorded in its own transaction; ``body`` is the canonical JSON of its detail, or that encrypted."""

    act = models.CharField(max_length=80)
    by = models.CharField(max_length=80)
    subject = models.CharField(max_length=200, db_index=True)
    at = models.CharField(max_length=32, help_text="ISO 8601 in UTC with microseconds, as hashed")
    body = models.BinaryField()
    private = models.BooleanField(default=False)
    sealed = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["id"], name="ledger_unsealed", condition=models.Q(sealed=False))]

    def __str__(self) -> str:
        return f"{self.pk} {self.act}"


class Leaf(models.Model):
    """The place of an entry in the chain and the tree; ``index`` counts from 0 without a gap."""

    index = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT)
    hash = models.BinaryField()
    chain = models.BinaryField()

    def __str__(self) -> str:
        return str(self.index)


class Node(models.Model):
    """The hash of one complete subtree of 2**level leaves; level 0 is in ``Leaf``."""

    level = models.PositiveSmallIntegerField()
    position = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "position"], name="ledger_node_place")]

    def __str__(self) -> str:
        return f"{self.level}/{self.position}"


class Head(models.Model):
    """A signed tree head: the state of the whole ledger after ``size`` entries."""

    size = models.BigIntegerField(primary_key=True)
    root = models.CharField(max_length=64)
    chain = models.CharField(max_length=64)
    at = models.CharField(max_length=32)
    key = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)

    def __str__(self) -> str:
        return f"{self.size} {self.root}"


class SubjectKey(models.Model):
    """The key of one subject's private bodies; without it they cannot be read and every proof still holds."""

    subject = models.CharField(max_length=200, primary_key=True)
    key = models.BinaryField(null=True)
    erased_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.subject


class Seal(models.Model):
    """One row that the sealer locks, so that there is one sealer at a time on every engine."""

    id = models.PositiveSmallIntegerField(primary_key=True)

    def __str__(self) -> str:
        return "seal"
