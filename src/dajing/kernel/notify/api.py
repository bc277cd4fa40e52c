"""The door of notices."""

from __future__ import annotations

from dajing.kernel.notify.service import inbox, notify, unread

__all__ = ["inbox", "notify", "unread"]
