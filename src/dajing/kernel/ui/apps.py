"""Compiles the translation catalogue when Django starts, so that a checkout needs no extra step."""

from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    """The interface application."""

    name = "dajing.kernel.ui"

    def ready(self) -> None:
        """Compile stale catalogues and find every slice's ``panels.py``."""
        from dajing.kernel.manifest import kernel_parts, slice_parts
        from dajing.kernel.ui.catalogue import compile_all

        compile_all()
        kernel_parts(name="panels")
        slice_parts(name="panels")
