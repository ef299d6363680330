"""The floor: a plain loop of pyarrow.json with the same schema and a zstd Parquet write.

`python -m benchmarks.floor FOLDER OUT` reads the NDJSON pages of FOLDER and writes OUT.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq

from harvester.decode.convert import input_type
from harvester.schema import load_schema

__all__ = ["main"]

_ROWS = 5000


def main(folder: Path, out: Path) -> None:
    """Parses each page and writes it; nothing else."""
    fields = load_schema("genome").fields
    typed = ((field.name, input_type(field, str, trusted=False)) for field in fields)
    schema = pa.schema([(name, kind) for name, kind in typed if kind is not None])
    parsing = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    reading = pj.ReadOptions(use_threads=False, block_size=64 * 2**20)
    with pq.ParquetWriter(out, schema, compression="zstd", compression_level=3) as writer:
        waiting: list[pa.Table] = []
        for page in sorted(folder.glob("*.ndjson")):
            waiting.append(pj.read_json(page, reading, parsing))
            if sum(table.num_rows for table in waiting) >= _ROWS:
                writer.write_table(pa.concat_tables(waiting))
                waiting = []
        if waiting:
            writer.write_table(pa.concat_tables(waiting))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
