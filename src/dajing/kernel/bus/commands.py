"""Commands of the bus: what was given up, and giving it another chance."""

from __future__ import annotations

import click


@click.group()
def bus() -> None:
    """Events between the parts: consumers, failures, dead letters."""
    from dajing.kernel.web.start import start

    start()


@bus.command()
def letters() -> None:
    """List the events that were given up, and the consumers that are being retried, each with the last error."""
    from dajing.kernel.bus.models import DeadLetter, Position

    for position in Position.objects.filter(failures__gt=0):
        click.echo(f"retrying  {position.name} after #{position.seq}, failure {position.failures}")
        click.echo("    " + position.error.strip().rsplit("\n", 1)[-1])
    for letter in DeadLetter.objects.order_by("pk"):
        click.echo(
            f"given up  {letter.pk}: {letter.consumer} on {letter.topic}#{letter.seq} at {letter.at:%Y-%m-%dT%H:%M}"
        )
        click.echo("    " + letter.error.strip().rsplit("\n", 1)[-1])


@bus.command()
@click.argument("letter", type=int, required=False)
def retry(letter: int | None) -> None:
    """Deliver one buried event again, or all of them."""
    from dajing.kernel.bus.delivery import redeliver
    from dajing.kernel.bus.models import DeadLetter
    from dajing.kernel.bus.registry import consumers

    known = {consumer.name: consumer for consumer in consumers()}
    rows = DeadLetter.objects.filter(pk=letter) if letter else DeadLetter.objects.order_by("pk")
    for row in rows:
        if row.consumer not in known:
            click.echo(f"{row.pk}: the consumer {row.consumer} is no longer installed")
            continue
        try:
            redeliver(letter=row, consumer=known[row.consumer])
        except Exception as error:
            click.echo(f"{row.pk}: {type(error).__name__}: {error}")
        else:
            click.echo(f"{row.pk}: delivered")


@bus.command()
@click.option("--after", default=0, help="Number of the last event that the other side has.")
def resend(after: int) -> None:
    """Send events over the transport again, for example after a message server lost its disk."""
    from dajing.kernel.bus.models import Position
    from dajing.kernel.bus.transport import Relay

    Position.objects.filter(name=Relay.NAME, seq__gt=after).update(seq=after)


COMMANDS: list[click.Command] = [bus]
