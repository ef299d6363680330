"""Takes decoded pages in order and makes them durable: parts first, then the journal's word."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import pyarrow as pa
from msgspec import Struct, field
from msgspec.structs import asdict, replace

from harvester.model import Drift, Message, Page, Rejected
from harvester.store.journal import Journal, Record
from harvester.store.lake import Lake
from harvester.store.parts import PartWriter, Sizes, write_rows
from harvester.telemetry import get_logger

__all__ = ["Keeper", "Rows", "chain_label"]

_log = get_logger(__name__)

#: A page waits no longer than this for others before it becomes durable.
_OLDEST = 15.0


class Rows(Protocol):
    """What decoding made of a page."""

    @property
    def batch(self) -> pa.RecordBatch: ...  # noqa: D102
    @property
    def received(self) -> int: ...  # noqa: D102
    @property
    def quarantine(self) -> tuple[Rejected, ...]: ...  # noqa: D102
    @property
    def drift(self) -> tuple[Drift, ...]: ...  # noqa: D102
    @property
    def messages(self) -> tuple[Message, ...]: ...  # noqa: D102


def chain_label(chain_id: str, epoch: int) -> str:
    """The value of `_chain`: rows of an earlier epoch are void when a chain starts over."""
    return f"{chain_id}/{epoch}"


class _OpenPart(Struct):
    writer: PartWriter
    since: float
    notes: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)


class Keeper(Struct):
    """One open part a table; runs in the writer's thread.

    Where somebody reads parts while the run goes on, they come `early`: the first ones are small.
    """

    lake: Lake
    journal: Journal
    run_id: str
    attempt: int
    schemas: Mapping[str, pa.Schema]
    quarantine_schema: pa.Schema
    sizes: Sizes = field(default_factory=Sizes)
    early: bool = False
    clock: Callable[[], float] = time.monotonic
    _stored: Counter[str] = field(default_factory=Counter)
    _parts: dict[str, _OpenPart] = field(default_factory=dict)
    _number: int = 0

    def keep(self, page: Page, rows: Rows) -> list[Record]:
        """Stores a page; gives the facts that became durable by it, if any did."""
        table = page.chain.resource
        part = self._parts.get(table) or self._begin(table)
        if rows.batch.num_rows:
            part.writer.add(rows.batch)
        part.notes.append(_note(page, rows))
        part.rejected.extend(self._rejected(page, rows))
        _log.debug("page kept", page=page.number)
        return self._close_ripe()

    def flush(self) -> list[Record]:
        """Makes all that was kept durable, and gives memory back that only this thread can."""
        closed = [self._close(table) for table in list(self._parts)]
        pa.default_memory_pool().release_unused()
        return closed

    def abandon(self) -> None:
        """Drops what is not durable yet."""
        for part in self._parts.values():
            part.writer.abandon()
        self._parts.clear()

    def _begin(self, table: str) -> _OpenPart:
        self._number += 1
        path = f"_runs/{self.run_id}/{table}-{self.attempt:02d}-{self._number:05d}.parquet"
        writer = PartWriter(self.lake, path, self.schemas[table], self._sizes(table))
        self._parts[table] = part = _OpenPart(writer, self.clock())
        return part

    def _sizes(self, table: str) -> Sizes:
        """Early parts hold a fifth of what there is, as far as that is neither little nor much."""
        if not self.early:
            return self.sizes
        share = max(self._stored[table] // 4, self.sizes.row_group)
        return replace(self.sizes, part=min(share, self.sizes.part))

    def _close_ripe(self) -> list[Record]:
        now = self.clock()
        ripe = [t for t, p in self._parts.items() if p.writer.full or now - p.since >= _OLDEST]
        return [self._close(table) for table in ripe]

    def _close(self, table: str) -> Record:
        part = self._parts.pop(table)
        record: dict[str, Any] = {"is": "pages", "table": table, "pages": part.notes}
        if part.writer.rows:
            self._stored[table] += part.writer.bytes
            done = part.writer.close()
            record |= {"part": done.path, "rows": done.rows, "size": done.size}
        if part.rejected:
            path = part.writer.path.replace(f"/{table}-", f"/quarantine-{table}-")
            write_rows(self.lake, path, part.rejected, self.quarantine_schema)
            record["quarantine"] = path
        _log.debug("part closed", table=table)
        self.journal.append(record)
        return record

    def _rejected(self, page: Page, rows: Rows) -> list[dict[str, Any]]:
        return [
            {
                "run_id": self.run_id,
                "table_name": page.chain.resource,
                "query_id": page.chain.query_id,
                "chain": chain_label(page.chain.id, page.epoch),
                "page": page.number,
                "line": rejected.line,
                "reason": rejected.reason,
                "data": rejected.data,
                "fetched_at": page.fetched_at.replace(tzinfo=None),
            }
            for rejected in rows.quarantine
        ]


def _note(page: Page, rows: Rows) -> dict[str, Any]:
    """What the journal says of one page."""
    note: dict[str, Any] = {
        "chain": page.chain.id,
        "epoch": page.epoch,
        "number": page.number,
        "next": page.next_token,
        "received": rows.received,
        "rows": rows.batch.num_rows,
    }
    if page.opened.total is not None:
        note["total"] = page.opened.total
    if rows.quarantine:
        note["quarantined"] = len(rows.quarantine)
    if messages := (*page.opened.messages, *rows.messages):
        note["messages"] = [asdict(message) for message in messages]
    if rows.drift:
        note["drift"] = [asdict(drift) for drift in rows.drift]
    return note
