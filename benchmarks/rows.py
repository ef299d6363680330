"""Counts what arrived: `python -m benchmarks.rows DATABASE TABLE`."""

from __future__ import annotations

import sys

import duckdb

__all__ = ["main"]


def main(database: str, table: str) -> None:
    """Prints the number of different rows; dlt numbers rows, so its load columns do not count."""
    with duckdb.connect(database, read_only=True) as connection:
        rows = connection.table(table)
        own = [f'"{name}"' for name in rows.columns if not name.startswith("_")]
        print(len(rows.project(", ".join(own)).distinct()))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
