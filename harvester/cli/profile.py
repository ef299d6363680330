"""`harvester profile`: what the values of a table are like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
import pyarrow as pa

from harvester.cli.options import database_option
from harvester.cli.portrait import tell
from harvester.cli.reading import database_of, opened, told, until_enough
from harvester.cli.render import FORMATS, render
from harvester.look import QUANTILES, Profile, database_tables, known_tables, named, sample_of
from harvester.look import profile as profiles

__all__ = ["profile"]

_MEMORY = "1GB"
_COUNTED = pa.list_(pa.struct([("value", pa.string()), ("rows", pa.int64())]))
_SPREAD_OUT = pa.struct([("edges", pa.list_(pa.string())), ("rows", pa.list_(pa.int64()))])
_KINDS: Mapping[str, pa.DataType] = {
    "column": pa.string(),
    "type": pa.string(),
    "rows": pa.int64(),
    "filled": pa.int64(),
    "distinct": pa.int64(),
    "min": pa.string(),
    "max": pa.string(),
    "mean": pa.float64(),
    "deviation": pa.float64(),
    **{f"q{100 * quantile:02.0f}": pa.string() for quantile in QUANTILES},
    "top": _COUNTED,
    "histogram": _SPREAD_OUT,
}
_SCHEMA = pa.schema(list(_KINDS.items()))


@click.command()
@click.argument("table")
@click.argument("columns", nargs=-1, metavar="[COLUMN]...")
@database_option
@click.option("--job", metavar="JOB", help="Ask the database of this job.")
@click.option(
    "--sample", type=click.IntRange(1), metavar="ROWS",
    help="Look at about so many rows  [default: at all].",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="table", show_default=True,
    help="How it is printed.",
)  # fmt: skip
def profile(
    table: str,
    columns: Sequence[str],
    *,
    database: str | None,
    job: str | None,
    sample: int | None,
    form: str,
) -> None:
    """Tell what the values of TABLE are like: how many, how different, how they are spread.

    The columns are those of the flat view. Of lists the lengths are told. The number of different
    values, the quantiles, and which values are frequent are estimates; all else is exact.

    \b
    All columns:       harvester profile genome
    One, with more:    harvester profile genome assembly_stats_contig_n50
    For programs:      harvester profile genome --format json
    A large table:     harvester profile annotation --sample 100000
    """
    named(table, known_tables(), "table")
    path = database_of(job, database)
    with until_enough(), opened(path, memory=_MEMORY) as connection, told():
        found = database_tables(connection)[table]
        chosen = [found.column(one) for one in columns] or list(found.columns)
        rows = sample_of(connection, found, sample)
        measured = profiles(connection, chosen, rows.source)
        if form == "table":
            tell(table, rows, list(measured), whole=bool(columns))
        else:
            render(form, pa.Table.from_pylist(list(map(_row, measured)), _SCHEMA).to_reader())


def _row(one: Profile) -> Mapping[str, Any]:
    spread = one.histogram
    quantiles = one.quantiles or (None,) * len(QUANTILES)
    return {
        "column": one.column.name,
        "type": one.column.type,
        "rows": one.rows,
        "filled": one.filled,
        "distinct": one.distinct,
        "min": one.least,
        "max": one.most,
        "mean": one.mean,
        "deviation": one.deviation,
        **{f"q{100 * q:02.0f}": v for q, v in zip(QUANTILES, quantiles, strict=True)},
        "top": [{"value": value, "rows": rows} for value, rows in one.top],
        "histogram": spread and {"edges": spread.edges, "rows": spread.rows},
    }
