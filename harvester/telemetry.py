"""structlog, set up once a process: a console for people, JSON for machines, a file for later."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

from harvester.errors import SpecError

__all__ = ["configure"]

Processor = Callable[[WrappedLogger, str, EventDict], Any]


class _Stderr:
    """Looks stderr up at each write: a progress display may have put itself in between."""

    def write(self, text: str) -> int:
        """Writes to whatever stderr is now."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Flushes whatever stderr is now."""
        sys.stderr.flush()


def configure(log_format: str, log_file: str | None, *, quiet: bool = False) -> None:
    """Sends events to stderr or to a file; `quiet` keeps only warnings."""
    target: TextIO | _Stderr = _Stderr() if log_file is None else _open(log_file)
    colours = log_file is None and log_format == "console" and sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _printable,
            *_rendering(log_format, colours=colours),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.WARNING if quiet and log_file is None else logging.INFO
        ),
        logger_factory=structlog.WriteLoggerFactory(file=target),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )


def _rendering(log_format: str, *, colours: bool) -> list[Processor]:
    if log_format == "json":
        return [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    return [structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=0)]


def _printable(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Control characters from an answer must not paint the terminal."""
    return {name: _escape(value) for name, value in event.items()}


def _escape(value: object) -> object:
    if isinstance(value, str) and not value.isprintable():
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in value)
    return value


def _open(log_file: str) -> TextIO:
    try:
        return Path(log_file).open("a", encoding="utf-8", buffering=1)
    except OSError as error:
        message = f"cannot write the log file {log_file}: {error.strerror}"
        raise SpecError(message) from error
