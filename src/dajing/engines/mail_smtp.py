"""E-mail over SMTP, by Django's own backend."""

from __future__ import annotations

import smtplib
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from dajing.kernel.notify.port import AddressRefused, ChannelDown, Message

SECONDS = 10


class Smtp:
    """One mail server; every message opens a connection of its own, so that none goes stale."""

    def __init__(self, *, backend: EmailBackend, sender: str) -> None:
        self._backend, self._sender = backend, sender

    def send(self, *, message: Message) -> None:
        """Send one mail. Raises ``ChannelDown`` or ``AddressRefused``."""
        mail = EmailMessage(
            subject=message.subject,
            body=f"{message.text}\n\n{message.link}\n",
            from_email=self._sender,
            to=[message.address],
            connection=self._backend,
        )
        try:
            mail.send()
        except (smtplib.SMTPRecipientsRefused, ValueError) as error:  # ValueError: a header that breaks lines
            raise AddressRefused(str(error)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise ChannelDown(f"{type(error).__name__}: {error}") from error


def connect(*, url: str, hosts: frozenset[str]) -> Smtp:
    """The server of ``smtp://user:password@host:587/?from=a@b&tls=1`` or ``smtps://…``; ``from`` is the sender."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    secure = parts.scheme == "smtps"
    backend = EmailBackend(
        host=parts.hostname or "",
        port=parts.port or (465 if secure else 25),
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_ssl=secure,
        use_tls=not secure and query.get("tls") == ["1"],
        timeout=SECONDS,
    )
    return Smtp(backend=backend, sender=query.get("from", [f"dajing@{parts.hostname}"])[0])
