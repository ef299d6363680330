"""Options that several commands share, and the settings made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["base_url_option", "database_option", "lake_option"]

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
