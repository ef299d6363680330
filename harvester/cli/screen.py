"""Where text for people goes: how wide it may be, and whether it may be coloured or move."""

from __future__ import annotations

import sys

from rich.console import Console

from harvester.settings import environment
from harvester.texts import paints

__all__ = ["console", "moves"]


def console(*, stderr: bool = False, width: int | None = None) -> Console:
    """A console on stdout or stderr; `width` is that of a pipe, which has none of its own."""
    stream = sys.stderr if stderr else sys.stdout
    tty = stream.isatty()
    return Console(
        file=stream,
        width=None if tty else width,
        color_system="auto" if paints(environment(), tty=tty) else None,
        highlight=False,
    )


def moves() -> bool:
    """Whether a display on stderr may move: somebody watches, on a terminal that can."""
    return sys.stderr.isatty() and environment().get("TERM") not in ("dumb", "unknown")
