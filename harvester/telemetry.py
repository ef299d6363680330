"""Who is told what happens: structlog where a program set it up, else Python's own logging.

The command line sets structlog up, once a process: a console for people, JSON for machines, a file
for later. A program that imports the harvester keeps its own logging: nothing is set up for it, and
events go to structlog as it has configured that, else to the loggers below `harvester`.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

from harvester.errors import SpecError
from harvester.settings import environment, key_mask
from harvester.texts import Mask, paints, printable

__all__ = ["configure", "get_logger"]

Processor = Callable[[WrappedLogger, str, EventDict], Any]


class _Stderr:
    """Looks stderr up at each write: a progress display may have put itself in between.

    What a full disk does not take is lost: no harvest ends for its log. A reader that went away is
    another thing: who stops `head` wants to stop what it reads, too.
    """

    def write(self, text: str) -> None:
        """Writes to whatever it is now."""
        self._try(lambda stream: stream.write(text))

    def flush(self) -> None:
        """Flushes whatever it is now."""
        self._try(lambda stream: stream.flush())

    def _try(self, act: Callable[[TextIO], object]) -> None:
        try:
            act(self._stream)
        except BrokenPipeError:
            raise
        except OSError as error:
            self._lost(error)

    @property
    def _stream(self) -> TextIO:
        return sys.stderr

    def _lost(self, error: OSError) -> None:
        """Nobody else can be told."""


class _File(_Stderr):
    """A log file; stderr is told once that it takes no more."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._told = False

    @property
    def _stream(self) -> TextIO:
        return self._file

    def _lost(self, error: OSError) -> None:
        if not self._told:
            self._told = True
            text = f"harvester: the log file {self._file.name} takes no more: {error.strerror}"
            _Stderr().write(f"{printable(text)}\n")


def get_logger(name: str) -> FilteringBoundLogger:
    """The logger of a module; who listens is decided at each event."""
    return cast("FilteringBoundLogger", _Logger(name))


class _Logger:
    """Hands each event to structlog or to logging."""

    def __init__(self, name: str) -> None:
        self._structured = structlog.get_logger(name)
        self._plain = structlog.wrap_logger(
            logging.getLogger(name),
            processors=[
                structlog.stdlib.filter_by_level,
                structlog.contextvars.merge_contextvars,
                _clean,
                *_rendering("console", colours=False),
            ],
            wrapper_class=structlog.stdlib.BoundLogger,
        )

    def __getattr__(self, method: str) -> Callable[..., Any]:
        logger = self._structured if structlog.is_configured() else self._plain
        return cast("Callable[..., Any]", getattr(logger, method))


def configure(
    log_format: str, log_file: str | None, *, quiet: bool = False, steps: bool = False
) -> None:
    """Sends events to stderr or to a file, never the API key; `quiet` keeps only warnings.

    `steps` tells every step as well: each page, each file, each commit.
    """
    target = _Stderr() if log_file is None else _File(_open(log_file))
    colours = log_file is None and paints(environment(), tty=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _Clean(key_mask(environment())),
            *_rendering(log_format, colours=colours),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            _least(quiet=quiet and log_file is None, steps=steps)
        ),
        logger_factory=structlog.WriteLoggerFactory(file=target),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )


def _least(*, quiet: bool, steps: bool) -> int:
    if quiet:
        return logging.WARNING
    return logging.DEBUG if steps else logging.INFO


def _rendering(log_format: str, *, colours: bool) -> list[Processor]:
    if log_format == "json":
        return [structlog.processors.JSONRenderer()]
    plain = structlog.dev.plain_traceback
    console = structlog.dev.ConsoleRenderer(
        colors=colours, pad_event_to=0, exception_formatter=plain
    )
    return [console]


class _Clean:
    """Takes the API key out of events, and what could paint the terminal."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        """The event with a traceback as text, which holds no values of variables."""
        told = structlog.processors.format_exc_info(logger, method, event)
        return {name: self._cleaned(value) for name, value in told.items()}

    def _cleaned(self, value: object) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, dict):
            return {str(name): self._cleaned(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._cleaned(inner) for inner in value]
        return printable(self._mask.text(str(value)))


def _clean(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """The same for a program that may set its key at any time."""
    return _Clean(key_mask(environment()))(logger, method, event)


def _open(log_file: str) -> TextIO:
    try:
        return Path(log_file).open("a", encoding="utf-8", errors="backslashreplace", buffering=1)
    except OSError as error:
        message = f"cannot write the log file {log_file}: {error.strerror}"
        raise SpecError(message) from error
