"""The floor of publishing: `CREATE TABLE AS` over a lake: `python -m benchmarks.load LAKE OUT`."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

__all__ = ["main"]


def main(lake: Path, out: Path) -> None:
    """Loads each resource's Parquet files into a table; nothing else."""
    with duckdb.connect(str(out)) as connection:
        for folder in sorted(lake.iterdir()):
            if folder.is_dir() and not folder.name.startswith("_"):
                connection.read_parquet(f"{folder}/*.parquet").create(folder.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
