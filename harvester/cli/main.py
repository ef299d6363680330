"""The command group, and the process from its first to its last moment."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import click

from harvester import __version__
from harvester.cli.endings import Exit, say, status_after
from harvester.cli.words import stand_in, summary
from harvester.interruption import (
    SIGNALS,
    Interrupted,
    check,
    interruptible,
    listening,
    undisturbed,
)

__all__ = ["cli", "main"]

#: Objects that are made between two looks for garbage: lines of a page come by the thousand and go.
_UNLOOKED_AT = 50_000


class _Commands(click.Group):
    """Imports a command when it is called: `validate` need not wait for DuckDB to load."""

    names: Sequence[str] = (
        "init", "run", "plan", "validate", "status", "report", "ingest", "publish", "compact",
        "tables", "query", "profile", "browse", "changes", "schema", "schedule", "sandbox",
        "doctor", "completion",
    )  # fmt: skip

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which a newcomer needs them."""
        del ctx
        return list(self.names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, if there is one; a light stand-in where a shell completes."""
        if cmd_name not in self.names:
            return None
        if ctx.resilient_parsing and (light := stand_in(cmd_name)):
            return light
        with undisturbed(), _uncollected():
            command = getattr(import_module(f"harvester.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - each module keeps its promise
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; where there is none, the nearest is named."""
        near = get_close_matches(args[0], self.names, 1)
        if args[0] in self.names or ctx.resilient_parsing or not near:
            return super().resolve_command(ctx, args)
        raise click.UsageError(f"no such command {args[0]!r}: did you mean {near[0]!r}?", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing them."""
        told = {name: summary(name) or self._own_summary(ctx, name) for name in self.names}
        with formatter.section("Commands"):
            formatter.write_dl(list(told.items()))

    def _own_summary(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return command.get_short_help_str(limit=100) if command else ""


@contextmanager
def _uncollected() -> Iterator[None]:
    """All that modules make stays: to look for garbage among it takes time and finds none."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="harvester")
def cli() -> None:
    """Harvest NCBI Datasets into Parquet and DuckDB, nightly or once, completely.

    \b
    A first job:                harvester init --taxon "Escherichia coli"
    What it would ask of NCBI:  harvester plan escherichia-coli.yaml
    Harvest:                    harvester run escherichia-coli.yaml
    What is there now:          harvester tables
    Ask it:                     harvester query "SELECT count(*) FROM genome"
    What the last run changed:  harvester changes
    How it went, as a page:     harvester report --open
    If something is odd:        harvester doctor

    `harvester COMMAND --help` shows each with examples.
    """


class _Lean:
    """What others import wherever it is installed: up to two seconds that no command needs.

    pyarrow does so with numpy, pandas and what stores files elsewhere, structlog by way of rich
    with pygments.
    """

    unneeded = frozenset(
        (
            "numpy", "pandas", "pygments",
            "pyarrow._azurefs", "pyarrow._gcsfs", "pyarrow._hdfs", "pyarrow._s3fs",
        )
    )  # fmt: skip

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Says of those that they are not here, of all else nothing."""
        del path, target
        if fullname in self.unneeded:
            raise ModuleNotFoundError(f"{fullname} is left out", name=fullname)


def main() -> None:
    """Runs the command line and exits with the status that the outcome has."""
    sys.meta_path.insert(0, _Lean())
    gc.set_threshold(_UNLOOKED_AT)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever called: nobody wants to read it
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
    _leave(_run())


def _leave(status: int) -> NoReturn:
    """Ends the process, without taking apart what it holds where nobody else is at work in it.

    Python would do so object by object, for a tenth of a second; the system takes it all at once.
    """
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)  # all is said: one more has nothing to interrupt
    if threading.active_count() == 1:
        atexit._run_exitfuncs()  # noqa: SLF001 - what modules want to have done at the end is done
        with suppress(OSError):  # whoever cannot be told now is not told by Python's own end either
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    sys.exit(status)


def _run() -> int:
    try:
        with listening(), interruptible():
            outcome = cli(prog_name="harvester", standalone_mode=False)
            check()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as stop:
        stop.show()
        return Exit.USAGE
    except (Interrupted, click.Abort) as stop:
        return _interrupted(stop)
    except Exception as error:  # noqa: BLE001 - the last line of defence: told in one line
        return status_after(error)
    return int(outcome) if isinstance(outcome, int) else Exit.COMPLETE


def _interrupted(stop: BaseException) -> int:
    """Whichever signal it was; click makes an exception of its own of those, and of no input."""
    say("interrupted; nothing is half done, the same command goes on or starts over")
    met = stop if isinstance(stop, Interrupted) else stop.__cause__
    return Exit.SIGNALLED + (met.number if isinstance(met, Interrupted) else signal.SIGINT)
