"""One turn of the demo's feeds: what is new since the last turn, sent; what could not be sent is sent next time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from dajing.domains.context.connectors import airquality, simulator
from dajing.domains.context.feeding import credentials, places
from dajing.domains.context.feeding.pack import Feed, read_feeds
from dajing.domains.context.feeding.sending import send
from dajing.kernel.packs.problem import Problems
from dajing.kernel.settings import Settings


def feeds(*, settings: Settings) -> tuple[Feed, ...]:
    """The feeds of the configured city. Raises ``PackInvalid``."""
    problems = Problems(root=settings.cities_dir)
    found = read_feeds(folder=settings.city_dir, problems=problems)
    problems.refuse()
    return found


BEGUN = "demo-feeds.begun"  # once it is there the simulated day before the start is not sent again


class Turns:
    """The feeds of one process; it knows what it has sent, and starts over after a restart, which does no harm."""

    def __init__(self, *, settings: Settings) -> None:
        self._settings = settings
        self._sent: dict[str, datetime] = {}

    def turn(self, *, at: datetime) -> int:
        """Send whatever is due; returns the number of entities. Raises ``BrokerUnreachable``."""
        secret = credentials.token(data=self._settings.data_dir)
        if secret is None:
            return 0
        total = 0
        for feed in feeds(settings=self._settings):
            if feed.every == "once" and feed.id in self._sent:
                continue
            total += send(
                entities=self._pull(feed, at), host=self._settings.machine_host, port=self._settings.machine,
                token=secret,
            )  # fmt: skip
            self._sent[feed.id] = at
        (self._settings.data_dir / BEGUN).touch()
        return total

    def _pull(self, feed: Feed, at: datetime) -> Iterator[simulator.Json]:
        if feed.connector == "airquality":
            path = self._settings.city_dir / feed.file
            return airquality.pull(options=airquality.Options(path=path, city=self._settings.city))
        options = simulator.Options(
            seed=feed.seed, at=at, places=places.places(data=self._settings.data_dir), since=self._sent.get(feed.id)
        )
        if options.since is None and not (self._settings.data_dir / BEGUN).exists():
            return simulator.day(options=options)
        return simulator.pull(options=options)
