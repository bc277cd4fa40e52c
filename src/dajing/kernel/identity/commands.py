"""``dajing identity``: what only somebody at the machine may do."""

from __future__ import annotations

import click


@click.group()
def identity() -> None:
    """People and their accounts, from the machine itself."""
    from dajing.kernel.web.start import start

    start()


@identity.command()
@click.argument("login")
def link(login: str) -> None:
    """Print a one-time sign-in link for LOGIN, for example for an administrator who lost the password."""
    from django.urls import reverse
    from django.utils import timezone

    from dajing.kernel.identity import service
    from dajing.kernel.identity.actor import system
    from dajing.kernel.identity.models import Person
    from dajing.kernel.identity.refusals import PersonUnknown
    from dajing.kernel.settings import settings

    person = Person.objects.filter(login=login.lower()).first()
    if person is None:
        raise PersonUnknown(login=login)
    secret = service.link_for(person=person, by=system("console"), at=timezone.now())
    own = settings()
    click.echo((own.public_url.rstrip("/") or f"http://{own.host}:{own.port}") + reverse("sign-in-link", args=[secret]))


@identity.command("reset")
@click.argument("login")
def reset(login: str) -> None:
    """Take away the second step of LOGIN, where two administrators have lost theirs; the ledger keeps it."""
    from django.utils import timezone

    from dajing.kernel.identity.actor import system
    from dajing.kernel.identity.factors.resets import reset_at_the_machine
    from dajing.kernel.identity.models import Person
    from dajing.kernel.identity.refusals import PersonUnknown

    person = Person.objects.filter(login=login.lower(), is_active=True).first()
    if person is None:
        raise PersonUnknown(login=login)
    reset_at_the_machine(person=person, by=system("console"), at=timezone.now())


COMMANDS: list[click.Command] = [identity]
