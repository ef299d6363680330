"""The command group, and the one place where errors become exit statuses."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from enum import IntEnum
from importlib import import_module
from importlib.abc import MetaPathFinder

import click
import structlog

from harvester import __version__
from harvester.errors import HarvesterError, LakeLocked, OutOfServiceError, SpecError
from harvester.settings import environment, key_mask
from harvester.telemetry import configure
from harvester.texts import printable

__all__ = ["Exit", "cli", "main"]


class Exit(IntEnum):
    """What the process tells its caller."""

    COMPLETE = 0
    BUG = 1
    USAGE = 2
    PARTIAL = 3
    NOTHING = 4
    LOCKED = 5
    INTERRUPTED = 130


class _Commands(click.Group):
    """Imports a command when it is asked for: `validate` need not wait for DuckDB to load."""

    names: Sequence[str] = (
        "run", "plan", "validate", "status", "ingest", "publish", "compact", "tables", "query",
        "profile", "browse", "changes", "schema", "schedule", "sandbox",
    )  # fmt: skip

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which a newcomer needs them."""
        del ctx
        return list(self.names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or click's own message that there is none."""
        del ctx
        if cmd_name not in self.names:
            return None
        command = getattr(import_module(f"harvester.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - each module keeps its promise
        return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="harvester")
def cli() -> None:
    """Harvest NCBI Datasets into Parquet and DuckDB, nightly or once, completely.

    \b
    A first harvest, from the bundled sandbox:  harvester run --sandbox jobs/quickstart.yaml
    What is in it:                              harvester tables
    Ask it:                                     harvester query "SELECT count(*) FROM genome"
    What the last run changed:                  harvester changes
    """


class _Lean(MetaPathFinder):
    """pyarrow imports these wherever they are installed: a second or two that no command needs."""

    unneeded = frozenset({"numpy", "pandas"})

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Says of those that they are not here, of all else nothing."""
        del path, target
        if fullname in self.unneeded:
            raise ModuleNotFoundError(f"{fullname} is left out", name=fullname)


def main() -> None:
    """Runs the command line and exits with the status that the outcome has."""
    sys.meta_path.insert(0, _Lean())
    sys.exit(_run())


def _run() -> int:
    try:
        outcome = cli(prog_name="harvester", standalone_mode=False)
    except (click.exceptions.Exit, click.ClickException, click.Abort) as stop:
        return _usage(stop)
    except KeyboardInterrupt:
        click.echo("interrupted; `harvester run` goes on where it stopped", err=True)
        return Exit.INTERRUPTED
    except HarvesterError as error:
        _say(str(error))
        return _status(error)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug, told in one line
        return _bug(error)
    return int(outcome) if isinstance(outcome, int) else Exit.COMPLETE


def _usage(stop: Exception) -> int:
    """What click itself has to say: help was shown, or the words are off."""
    if isinstance(stop, click.exceptions.Exit):
        return stop.exit_code
    if isinstance(stop, click.ClickException):
        stop.show()
        return Exit.USAGE
    return Exit.INTERRUPTED


def _status(error: HarvesterError) -> int:
    if isinstance(error, SpecError):
        return Exit.USAGE
    if isinstance(error, LakeLocked):
        return Exit.LOCKED
    return Exit.NOTHING if isinstance(error, OutOfServiceError) else Exit.BUG


def _bug(error: Exception) -> int:
    if not structlog.is_configured():
        configure("console", None)
    structlog.get_logger(__name__).error("bug", traceback=traceback.format_exc())
    _say(f"this is a bug: {type(error).__name__}: {error}")
    return Exit.BUG


def _say(text: str) -> None:
    """One sentence a line for the user, without the API key and without colours of its own."""
    lines = key_mask(environment()).text(f"harvester: {text}").splitlines()
    click.echo("\n".join(map(printable, lines)), err=True)
