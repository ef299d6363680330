"""A closer look: at one column, at one row, at what the runs changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from harvester.browse.documents import MOST_ROWS, WHOLE, Document, about, cells, table_of
from harvester.browse.snapshot import Snapshot
from harvester.look import one_row, profile, reader, selection
from harvester.publish import published_runs
from harvester.publish.sql import name, text
from harvester.publish.workbench import Connection

__all__ = ["changed_rows", "column", "row"]


def column(snapshot: Snapshot, connection: Connection, asked: Mapping[str, Any]) -> Document:
    """What the values of one column are like, in the rows that fit."""
    found = table_of(snapshot, asked)
    wanted = found.column(str(asked.get("column")))
    chosen = selection(found, asked)
    logarithmic = bool(asked.get("log"))
    (told,) = profile(connection, [wanted], found.relation, chosen.where, log=logarithmic)
    spread = told.histogram
    return {
        **about(wanted),
        "rows": told.rows,
        "filled": told.filled,
        "distinct": told.distinct,
        "least": told.least,
        "most": told.most,
        "mean": _finite(told.mean),
        "deviation": _finite(told.deviation),
        "quantiles": told.quantiles,
        "top": told.top,
        "histogram": spread
        and {"edges": spread.edges, "rows": spread.rows, "left_out": spread.left_out},
    }


def row(snapshot: Snapshot, connection: Connection, asked: Mapping[str, Any]) -> Document:
    """One row whole, with its versions and what runs did to it."""
    found, key = table_of(snapshot, asked), str(asked.get("key"))
    chosen = one_row(found, key)
    values = list(cells(reader(connection, chosen.rows(1)), 1, WHOLE))
    history = name(f"{found.name}_history")
    versions = (
        f"SELECT _run_id, _valid_from, _valid_to FROM main.{history} "
        f"WHERE {chosen.where} ORDER BY _valid_from DESC"
    )
    changes = (
        "SELECT run_id, change, columns FROM meta.changes "
        f"WHERE table_name = {text(found.name)} AND key = {text(key)} ORDER BY run_id DESC"
    )
    return {
        "columns": [about(column) for column in found.columns],
        "values": values[0] if values else None,
        "versions": list(cells(reader(connection, versions), MOST_ROWS)),
        "changes": list(cells(reader(connection, changes), MOST_ROWS)),
    }


def changed_rows(snapshot: Snapshot, connection: Connection, asked: Mapping[str, Any]) -> Document:
    """The runs, the newest first, and how many rows of each table each of them touched."""
    del snapshot, asked
    counted = connection.execute(
        "SELECT run_id, table_name, change, count(*) FROM meta.changes GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    by_run: dict[str, list[Document]] = {}
    for run_id, table_name, change, number in counted:
        told = {"table": table_name, "change": change, "rows": number}
        by_run.setdefault(run_id, []).append(told)
    return {
        "runs": [
            {
                "run_id": run.run_id,
                "job": run.job,
                "status": run.status,
                "began": f"{run.began:%Y-%m-%d %H:%M}",
                "changes": by_run.get(run.run_id, []),
            }
            for run in reversed(published_runs(connection))
        ]
    }


def _finite(number: float | None) -> float | None:
    """JSON knows no others."""
    return number if number is not None and math.isfinite(number) else None
