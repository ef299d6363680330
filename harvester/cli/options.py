"""Options that several commands share, and the settings made of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from harvester.errors import SpecError

__all__ = ["base_url_option", "database_option", "database_path", "lake_option"]

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


def database_path(path: str) -> Path:
    """Where the database lies; DuckDB takes some characters of a path for other things."""
    for letter in "?\\":
        if letter in os.path.realpath(path):
            message = f"DuckDB opens no file whose path holds a {letter}: {path}"
            raise SpecError(f"{message} (choose another with --database)")
    return Path(path)
