"""Options that several commands share, and the settings made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = [
    "base_url_option",
    "database_option",
    "json_option",
    "lake_option",
    "log_options",
    "register_option",
    "watch_options",
]

F = TypeVar("F", bound=Callable[..., Any])


def lake_option(command: F) -> F:
    """`--lake`."""
    text = "Folder of the lake, instead of the job's."
    return click.option("--lake", metavar="DIR", help=text)(command)


def database_option(command: F) -> F:
    """`--database`."""
    text = "DuckDB file, instead of the job's."
    return click.option("--database", metavar="FILE", help=text)(command)


def base_url_option(command: F) -> F:
    """`--base-url`."""
    text = "Where NCBI Datasets v2 is served [default: NCBI itself]."
    return click.option("--base-url", metavar="URL", help=text)(command)


def register_option(command: F) -> F:
    """`--register`."""
    return click.option(
        "--register",
        type=click.Choice(["tables", "views"]),
        default="tables",
        show_default=True,
        help="Load the rows, or point at the lake's Parquet.",
    )(command)


def json_option(command: F) -> F:
    """`--json`."""
    text = "Print the summary as one JSON document."
    return click.option("--json", "as_json", is_flag=True, help=text)(command)


def log_options(command: F) -> F:
    """`--log-format` and `--log-level`."""
    level = click.option("--log-level", type=click.Choice(["debug", "info"]), default="info")
    form = click.option("--log-format", type=click.Choice(["console", "json"]), default="console")
    return form(level(command))


def watch_options(command: F) -> F:
    """`--log-file` and `--no-progress`, besides those for the log."""
    file = click.option(
        "--log-file", metavar="FILE", help="Write the log there instead of to stderr."
    )
    lines = click.option(
        "--no-progress", is_flag=True, help="Log lines instead of a display on a terminal."
    )
    return log_options(file(lines(command)))
