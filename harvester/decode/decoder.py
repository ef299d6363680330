"""A page's bytes to the rows of its table: fast where all is as expected, careful where not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import msgspec
import pyarrow as pa
from msgspec import Struct, field

from harvester.catalogue import RESOURCES, Resource
from harvester.decode.arrow import concat
from harvester.decode.batches import FastPath, Form, Piece, Reader
from harvester.decode.convert import Surprise
from harvester.decode.drift import DriftBook, Enums
from harvester.decode.lines import Line, split_lines
from harvester.decode.strict import BadRecord
from harvester.decode.surplus import Settled, Settler
from harvester.decode.system import complete, no_rows
from harvester.model import Drift, Message, Rejected, Stamp
from harvester.schema import EXTRA, QUERY, lake_schema, load_schema

__all__ = ["Decoded", "Decoder", "decoder_of"]

#: Lines that are read one by one when the page holds a surprise among them.
_SLICE = 64
#: Bytes of lines that are Python objects at a time: those take ten times the room.
_PORTION = 4 * 2**20


class Decoded(Struct, frozen=True):
    """What a page became: rows, and all that could not be one."""

    batch: pa.RecordBatch
    received: int
    quarantine: tuple[Rejected, ...] = ()
    drift: tuple[Drift, ...] = ()
    messages: tuple[Message, ...] = ()


class _Aside(Struct):
    """What a page holds beside its rows."""

    drift: DriftBook = field(default_factory=DriftBook)
    quarantine: list[Rejected] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    def reject(self, line: Line, reason: str) -> None:
        """Puts the bytes of a line into quarantine."""
        self.quarantine.append(Rejected(line.data, reason, line.number))


class Decoder:
    """Decodes pages of one resource; keeps no state, so threads may share it."""

    def __init__(self, resource: Resource) -> None:
        fields = load_schema(resource.name).fields
        asked = {column for column, _ in resource.from_request}
        key = tuple(name for name in resource.key if name not in asked)
        self._schema = lake_schema(resource)
        self._fast = FastPath(resource, fields, key)
        self._settler = Settler(resource, fields, key)
        self._settled = Reader(resource, fields, Form(settled=True))
        self._has_echo = resource.has_query_echo
        self._enums = Enums(fields)

    def decode(self, data: bytes, stamp: Stamp) -> Decoded:
        """The rows of NDJSON bytes under the lake's schema, whatever the bytes are."""
        aside = _Aside()
        try:
            pieces = [self._fast.read(data)]
            received = len(pieces[0].lines)
        except Surprise:
            lines = split_lines(data)
            pieces, received = list(self._read(lines, aside)), len(lines)
        batches = [complete(piece, stamp, self._schema) for piece in pieces]
        batch = concat(batches) if batches else no_rows(self._schema)
        self._enums.note_unknown(batch, aside.drift)
        return Decoded(
            batch,
            received,
            tuple(aside.quarantine),
            aside.drift.drifts(),
            tuple(aside.messages),
        )

    def _read(self, lines: Sequence[Line], aside: _Aside) -> Iterator[Piece]:
        """Many lines at once where that works; runs of surprising ones record by record."""
        surprising: list[Line] = []
        for found in self._quarters(lines):
            if not isinstance(found, Piece):
                surprising.extend(found)
                continue
            yield from self._read_records(surprising, aside)
            surprising = []
            yield found
        yield from self._read_records(surprising, aside)

    def _quarters(self, lines: Sequence[Line]) -> Iterator[Piece | Sequence[Line]]:
        """What is read at once, quarter by quarter, and the few lines that cannot be."""
        if len(lines) <= _SLICE:
            yield lines
            return
        size = -(-len(lines) // 4)
        for start in range(0, len(lines), size):
            some = lines[start : start + size]
            try:
                yield self._fast.read(b"\n".join(line.data for line in some))
            except Surprise:
                yield from self._quarters(some)

    def _read_records(self, lines: Sequence[Line], aside: _Aside) -> Iterator[Piece]:
        for some in _portions(lines):
            yield from self._read_portion(some, aside)

    def _read_portion(self, lines: Sequence[Line], aside: _Aside) -> Iterator[Piece]:
        kept: list[tuple[Line, Settled]] = []
        for line in lines:
            try:
                settled = self._settler.settle(line.data)
            except BadRecord as error:
                aside.reject(line, str(error))
                continue
            aside.messages.extend(settled.messages)
            if settled.reason:
                aside.reject(line, settled.reason)
            elif not settled.only_messages:
                aside.drift.note_surplus(settled.surplus)
                kept.append((line, settled))
        if kept:
            yield from self._columns(kept, aside)

    def _columns(self, kept: Sequence[tuple[Line, Settled]], aside: _Aside) -> Iterator[Piece]:
        """Settled records by way of the fast parser: values are converted in one place only."""
        try:
            columns = self._settled.read(b"\n".join(msgspec.json.encode(s.row) for _, s in kept))
        except Surprise:
            if len(kept) == 1:
                aside.reject(kept[0][0], "its values fit no row")
                return
            for one in kept:
                yield from self._columns([one], aside)
            return
        columns[EXTRA.name] = pa.array([s.extra for _, s in kept], EXTRA.arrow_type)
        if self._has_echo:
            columns[QUERY.name] = pa.array([s.query for _, s in kept], QUERY.arrow_type)
        yield Piece(columns, [line.data for line, _ in kept])


def _portions(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """The lines in their order, no more at a time than what fits, and one line at least."""
    start, room = 0, _PORTION
    for place, line in enumerate(lines):
        if len(line.data) > room and place > start:
            yield lines[start:place]
            start, room = place, _PORTION
        room -= len(line.data)
    if lines:
        yield lines[start:]


@cache
def decoder_of(resource: str) -> Decoder:
    """The decoder of a resource of the catalogue, made when it is first needed."""
    return Decoder(RESOURCES[resource])
