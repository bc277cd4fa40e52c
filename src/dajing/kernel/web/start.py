"""Brings Django up in this process; every entry point calls it first."""

from __future__ import annotations

import os


def start() -> None:
    """Configure Django from Dajing's settings; a second call does nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dajing.kernel.web.settings")
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
