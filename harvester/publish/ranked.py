"""Wide rows of many files brought into one order, in little memory.

Only their places are sorted as a whole. The rows are read once, some at a time, and laid down
in pieces that belong together; then each piece is read back and put in order by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from msgspec import Struct, field

from harvester.publish.staged import ROOM, place
from harvester.publish.workbench import Connection
from harvester.store.lake import Lake

__all__ = ["Ranked"]

#: Bytes of a piece in memory, about as many as a row group of the lake's files has.
_PIECE = 24 * 2**20
#: Rows that are read at a time.
_SOME = 10_000
_RANK = "_rank"


class Ranked(Struct, frozen=True):
    """Files of one schema and an order of their rows; `scratch` is a file to lay rows down in.

    Makes the table `ranks` in its connection: the place of each row, and where it belongs.
    """

    connection: Connection
    lake: Lake
    paths: Sequence[str]
    schema: pa.Schema
    scratch: str
    piece: int = _PIECE
    some: int = _SOME
    _laid: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def batches(self, rows: str, order: str) -> Iterator[pa.RecordBatch]:
        """The rows in order; `rows` is what to choose them from, a relation over all files."""
        self.connection.execute(
            f"CREATE OR REPLACE TABLE ranks AS SELECT {place()} AS place, "
            f"row_number() OVER (ORDER BY {order}) - 1 AS {_RANK} FROM {rows} ORDER BY place"
        )
        self._lay_down()
        with (
            self.lake.files.open_input_file(self.lake.path(self.scratch)) as source,
            pa.ipc.open_file(source) as laid,
        ):
            for _, numbers in sorted(self._laid.items()):
                piece = pa.Table.from_batches([laid.get_batch(number) for number in numbers])
                ordered = piece.take(pc.sort_indices(piece.column(_RANK)))
                yield from ordered.drop_columns([_RANK]).combine_chunks().to_batches()
        self.lake.delete(self.scratch)

    def _lay_down(self) -> None:
        """Writes the rows as they are read, cut by the piece that they belong to."""
        schema, number = self.schema.append(pa.field(_RANK, pa.int64())), 0
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        size = self._rows_a_piece()
        with (
            self.lake.create(self.scratch) as sink,
            pa.ipc.new_file(sink, schema, options=options) as spill,
        ):
            for table in self._some():
                for piece, rows in _cut(table, size):
                    spill.write_table(rows.cast(schema).combine_chunks())
                    self._laid[piece].append(number)
                    number += 1

    def _some(self) -> Iterator[pa.Table]:
        """Some of the rows that are chosen, as they lie, with their ranks and in that order."""
        for number, path in enumerate(self.paths):
            first = number * ROOM
            with pq.ParquetFile(self.lake.path(path)) as parquet:
                for batch in parquet.iter_batches(self.some):
                    chosen = self._chosen(first, first + batch.num_rows)
                    if chosen.num_rows:
                        taken = pa.Table.from_batches([batch]).take(chosen.column("number"))
                        yield taken.append_column(_RANK, chosen.column(_RANK))
                    first += batch.num_rows

    def _chosen(self, first: int, past: int) -> pa.Table:
        chosen: pa.Table = self.connection.sql(
            f"SELECT place - {first} AS number, {_RANK} FROM ranks "
            f"WHERE place >= {first} AND place < {past} ORDER BY {_RANK}"
        ).to_arrow_table()
        return chosen

    def _rows_a_piece(self) -> int:
        """So many as the first rows of the largest file say."""
        largest = max(self.paths, key=self.lake.size)
        with pq.ParquetFile(self.lake.path(largest)) as parquet:
            first = parquet.read_row_group(0)
        return max(1, first.num_rows * self.piece // max(1, first.nbytes))


def _cut(table: pa.Table, size: int) -> Iterator[tuple[int, pa.Table]]:
    """A table in the order of its ranks, cut where a piece of so many ends."""
    first = 0
    told = (rank or 0 for rank in table.column(_RANK).to_pylist())
    for piece, ranks in groupby(rank // size for rank in told):
        count = len(list(ranks))
        yield piece, table.slice(first, count)
        first += count
