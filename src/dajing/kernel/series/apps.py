"""Finds every slice's ``streams.py`` when Django starts."""

from __future__ import annotations

from django.apps import AppConfig


class SeriesConfig(AppConfig):
    """The series application."""

    name = "dajing.kernel.series"

    def ready(self) -> None:
        """Import each ``streams.py``, so that every stream is declared before the first fact."""
        from dajing.kernel.manifest import kernel_parts, slice_parts

        kernel_parts(name="streams")
        slice_parts(name="streams")
