"""What every template knows: the installation, the language, whether data is synthetic."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from dajing.kernel.settings import settings


def page(request: HttpRequest) -> dict[str, Any]:
    """Template variables of the frame around every page."""
    return {"synthetic": settings().synthetic}
