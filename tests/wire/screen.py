"""A real terminal to print on, and what a person would see on it."""

from __future__ import annotations

import io
import os
import pty
import re
import threading
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout

import click

from harvester.cli.main import cli

__all__ = ["ESCAPE", "PAINTED", "on_pipe", "on_terminal", "plain", "read_all"]

ESCAPE = "\x1b"
#: What a terminal takes as commands: colours, movements, modes.
PAINTED = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")


def on_terminal(*words: str) -> str:
    """What a command writes to a terminal, stdout and stderr together."""
    controller, slave = pty.openpty()
    shown: list[str] = []
    reader = threading.Thread(target=lambda: shown.append(read_all(controller)))
    reader.start()
    with (
        os.fdopen(slave, "w", encoding="utf-8") as terminal,
        redirect_stdout(terminal),
        redirect_stderr(terminal),
    ):
        _call(words)
    reader.join()
    return shown[0].replace("\r\n", "\n")


def on_pipe(*words: str) -> str:
    """What a command writes where nobody looks."""
    sink = io.StringIO()
    with redirect_stdout(sink), redirect_stderr(sink):
        _call(words)
    return sink.getvalue()


def _call(words: Sequence[str]) -> None:
    try:
        cli.main(list(words), prog_name="harvester", standalone_mode=False)
    except click.exceptions.Exit:
        return


def plain(text: str) -> str:
    """The text without what a terminal takes as commands."""
    return PAINTED.sub("", text)


def read_all(controller: int) -> str:
    """All that is written to a terminal until nobody has it open any more."""
    shown = b""
    while True:
        try:
            piece = os.read(controller, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(controller)
    return shown.decode("utf-8", "replace")
