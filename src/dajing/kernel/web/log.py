"""Log lines of our own code and of the libraries in one form: for people or as JSON."""

from __future__ import annotations

import sys
from typing import Any

import structlog

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(*, form: str) -> dict[str, Any]:
    """Set up structlog for this process; returns Django's ``LOGGING`` so that libraries write the same lines."""
    last: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        # the default prints every local variable: secrets and reports in the log, and a minute of work for a deep page
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*_SHARED, structlog.processors.format_exc_info, last],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "same": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "same"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {"django": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
    }
