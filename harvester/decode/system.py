"""The columns that the harvester adds to each row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from harvester.decode.arrow import Array, nulls, repeat
from harvester.decode.batches import Piece
from harvester.model import Stamp
from harvester.schema import CHAIN, EXTRA, FETCHED_AT, HASH, RUN_ID

__all__ = ["complete", "no_rows"]


def complete(piece: Piece, stamp: Stamp, schema: pa.Schema) -> pa.RecordBatch:
    """The rows under the lake's schema."""
    columns, rows = piece.columns, len(piece.lines)
    fetched_at = stamp.fetched_at.astimezone(UTC).replace(tzinfo=None)
    added = {
        RUN_ID.name: repeat(stamp.run_id, RUN_ID.arrow_type, rows),
        FETCHED_AT.name: repeat(fetched_at, FETCHED_AT.arrow_type, rows),
        EXTRA.name: nulls(rows, EXTRA.arrow_type),
        CHAIN.name: repeat(stamp.chain, CHAIN.arrow_type, rows),
        HASH.name: _hashes(piece.lines),
    }
    asked = {
        name: pc.fill_null(columns[name], pa.scalar(text).cast(columns[name].type))
        for name, text in stamp.request
        if name in columns
    }
    every = added | columns | asked
    return pa.RecordBatch.from_arrays([every[name] for name in schema.names], schema=schema)


def no_rows(schema: pa.Schema) -> pa.RecordBatch:
    """A batch of the schema without rows."""
    return pa.RecordBatch.from_pylist([], schema)


def _hashes(lines: Sequence[bytes | memoryview]) -> Array:
    digests = [xxhash.xxh3_64_intdigest(line) for line in lines]
    return pa.array(digests, pa.uint64()).view(pa.int64())
