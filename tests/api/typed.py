"""A program that uses the API; `mypy --strict` has to see through the lazy imports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, assert_type

import duckdb
import polars as pl
import pyarrow as pa

import harvester

__all__ = ["program"]


async def program(path: Path, job: Mapping[str, object]) -> None:
    """Is never run: its types are the test."""
    assert_type(harvester.run(path), harvester.Summary)
    assert_type(await harvester.arun(job, rps=1, sandbox=True, lake=path), harvester.Summary)
    assert_type(harvester.run(harvester.load_job("x.yaml")).tables["gene"].rows, int)
    assert_type(harvester.plan(job, offline=True), harvester.Plan)
    assert_type(harvester.plan(job).queries[0], harvester.Estimate)
    assert_type(harvester.run(job).to_dict(), dict[str, Any])
    assert_type(harvester.read("gene"), pa.Table)
    assert_type(harvester.read(sql="SELECT 1", parameters=[1], to="arrow"), pa.Table)
    assert_type(harvester.read("gene", columns=["symbol"], to="polars"), pl.DataFrame)
    assert_type(harvester.open_database(path), duckdb.DuckDBPyConnection)
    harvester.run(path, progress=watch, check=True)
    try:
        harvester.run(path, progress=False)
    except harvester.RunError as error:
        assert_type(error.summary, harvester.Summary)


async def wrong(path: Path) -> None:
    """Each of these is a mistake, and mypy has to say so."""
    harvester.run(562)  # type: ignore[arg-type]
    harvester.run(path, fersh=True)  # type: ignore[call-arg]
    harvester.run(path, progress=print_it)  # type: ignore[arg-type]
    harvester.read("gene", to="excel")  # type: ignore[call-overload]
    harvester.harvest(path)  # type: ignore[attr-defined]


def watch(progress: harvester.Progress) -> None:
    """Takes what it is given."""
    assert_type(progress.expected, int | None)


def print_it(text: str) -> None:
    """Takes something else."""
    assert_type(text, str)
