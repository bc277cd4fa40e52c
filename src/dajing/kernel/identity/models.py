"""Tables of identity. Posts outlive their holders; nothing that once held is deleted, it ends."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models


class People(BaseUserManager["Person"]):
    """Creates people."""

    def create_user(self, login: str, password: str | None = None, **fields: object) -> Person:
        """One person who can sign in once a password is set."""
        person = self.model(login=login, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser, PermissionsMixin):
    """A natural person with an account; what the person may do comes from the posts held, never from the person."""

    login = models.CharField(max_length=150, unique=True)
    name = models.CharField(max_length=100)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)
    synthetic = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "login"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = People()

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    """An office with the interval in which it existed; ``area`` is the territory it answers for."""

    id = models.SlugField(max_length=60, primary_key=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160)
    kind = models.CharField(max_length=20)
    area = models.CharField(max_length=12)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, help_text="First day on which it no longer exists.")

    def __str__(self) -> str:
        return self.name_zh


class Post(models.Model):
    """A position in a department; its roles are what its holder may do."""

    id = models.SlugField(max_length=80, primary_key=True)
    department = models.ForeignKey(Department, on_delete=models.PROTECT)
    title_zh = models.CharField(max_length=80)
    title_en = models.CharField(max_length=120)

    def __str__(self) -> str:
        return f"{self.department} {self.title_zh}"


class PostRole(models.Model):
    """A role that a post carries once a security administrator has approved what a system administrator proposed."""

    post = models.ForeignKey(Post, on_delete=models.PROTECT)
    role = models.CharField(max_length=60)
    proposed_by = models.CharField(max_length=80)
    proposed_at = models.DateTimeField()
    approved_by = models.CharField(max_length=80, blank=True)
    approved_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["post", "role"], condition=models.Q(ended_at=None), name="post_carries_role_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.post_id}: {self.role}"


class Appointment(models.Model):
    """A person in a post for an interval; ``deputy`` holders act in the post until their own term ends."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    post = models.ForeignKey(Post, on_delete=models.PROTECT)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, help_text="First moment at which it no longer holds.")
    deputy = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(deputy=False) | models.Q(valid_to__isnull=False), name="a_deputy_has_a_term"
            )
        ]
        indexes = [models.Index(fields=["person", "valid_from"])]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.post_id}"


class ApiClient(models.Model):
    """A machine that calls on behalf of a department, within one tenant."""

    id = models.SlugField(max_length=60, primary_key=True)
    name = models.CharField(max_length=120)
    department = models.ForeignKey(Department, on_delete=models.PROTECT)
    tenant = models.CharField(max_length=60, blank=True)
    per_minute = models.PositiveIntegerField(default=6000)

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """A bearer token of a client, kept as its SHA-256 alone; ``scopes`` are role names."""

    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT)
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=12)
    scopes = models.JSONField(default=list)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.client_id} {self.prefix}…"


class SignInLink(models.Model):
    """A link that signs one person in once; kept as its SHA-256 alone."""

    digest = models.CharField(max_length=64, primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link for {self.person_id}"


class FailedSignIn(models.Model):
    """One failed attempt; enough of them close the door for a while, for the login and for the address."""

    login = models.CharField(max_length=150)
    address = models.CharField(max_length=45)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["login", "at"]), models.Index(fields=["address", "at"])]

    def __str__(self) -> str:
        return f"{self.login} {self.at}"


class FirstSetup(models.Model):
    """The one row of an empty city's first set-up; ``done_at`` closes it for ever. Secrets are digests."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    link = models.CharField(max_length=64, blank=True, help_text="Digest of the unopened link.")
    link_expires_at = models.DateTimeField(null=True)
    seat = models.CharField(max_length=64, blank=True, help_text="Digest of the secret of the browser that opened it.")
    pack_confirmed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_first_setup")]

    def __str__(self) -> str:
        return "done" if self.done_at else "open"
