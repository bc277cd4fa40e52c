"""Tables of identity. Posts outlive their holders; nothing that once held is deleted, it ends."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models

from dajing.kernel.text import Text


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
    sessions = models.PositiveIntegerField(default=0, help_text="Raised to end every session of the person.")

    USERNAME_FIELD = "login"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = People()

    def __str__(self) -> str:
        return self.name

    def get_session_auth_hash(self) -> str:
        """What a session must hold to go on: it changes with the password, and when ``sessions`` is raised."""
        kept = super().get_session_auth_hash()
        return f"{kept}.{self.sessions}" if self.sessions else kept


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
        return str(self.name)

    @property
    def name(self) -> Text:
        """Its name in both languages."""
        return Text(zh=self.name_zh, en=self.name_en)


class Post(models.Model):
    """A position in a department; its roles are what its holder may do."""

    id = models.SlugField(max_length=80, primary_key=True)
    department = models.ForeignKey(Department, on_delete=models.PROTECT)
    title_zh = models.CharField(max_length=80)
    title_en = models.CharField(max_length=120)

    def __str__(self) -> str:
        return f"{self.department} {self.title}"

    @property
    def title(self) -> Text:
        """Its title in both languages."""
        return Text(zh=self.title_zh, en=self.title_en)


class PostRole(models.Model):
    """A role that a post carries once a security administrator has approved what a system administrator proposed.

    It is withdrawn in the same two steps.
    """

    post = models.ForeignKey(Post, on_delete=models.PROTECT)
    role = models.CharField(max_length=60)
    proposed_by = models.CharField(max_length=80)
    proposed_at = models.DateTimeField()
    approved_by = models.CharField(max_length=80, blank=True)
    approved_at = models.DateTimeField(null=True)
    withdrawal_by = models.CharField(max_length=80, blank=True)
    withdrawal_at = models.DateTimeField(null=True, help_text="When its withdrawal was proposed.")
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
    step = models.CharField(max_length=10, default="password", help_text="password or code.")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["login", "at"]), models.Index(fields=["address", "at"])]

    def __str__(self) -> str:
        return f"{self.login} {self.at}"


class Passkey(models.Model):
    """A WebAuthn credential of one person; ``key`` is its public half (COSE), ``handle`` the person's user handle."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    credential = models.CharField(max_length=1400, unique=True, help_text="Its id, base64url.")
    handle = models.CharField(max_length=90, help_text="Random and the same for all passkeys of the person, base64url.")
    key = models.BinaryField()
    counter = models.BigIntegerField(help_text="Signatures counted by the authenticator; 0 where it does not count.")
    backed_up = models.BooleanField(help_text="Whether the authenticator keeps copies of it elsewhere.")
    name = models.CharField(max_length=60)
    added_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class CodeKey(models.Model):
    """The key of a person's one-time codes (RFC 6238), sealed; it counts once a code of it was given."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT)
    secret = models.TextField()
    made_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0, help_text="The newest time step that was used; none is used twice.")

    def __str__(self) -> str:
        return f"codes of {self.person_id}"


class RecoveryCode(models.Model):
    """A code that stands in once for a lost second factor; kept as its SHA-256 alone."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    digest = models.CharField(max_length=64, unique=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"recovery code of {self.person_id}"


class FactorReset(models.Model):
    """Taking away somebody's lost second factors: proposed by one administrator, decided by another of the three."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    proposed_by = models.CharField(max_length=80)
    proposed_role = models.CharField(max_length=60, default="", help_text="Which of the three proposed it.")
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)
    approved = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(decided_at=None), name="one_open_reset_of_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"reset of {self.person_id}"


class ProviderIdentity(models.Model):
    """The account of a person at the city's identity provider, bound at the first sign-in through it."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    bound_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="a_subject_is_one_person"),
            models.UniqueConstraint(fields=["issuer", "person"], name="a_person_is_one_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.issuer}"


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
