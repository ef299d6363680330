"""Which pages lie in one part: as many as fit; where somebody waits for them, fewer at first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from harvester.model import Chain, Drift, Message, Opened, Page, Rejected
from harvester.store.journal import Journal
from harvester.store.keeper import Keeper
from harvester.store.lake import Lake
from harvester.store.parts import Sizes

SCHEMA = pa.schema([("number", pa.int64())])
#: A page of 100 numbers has 800 bytes: a row group holds one, a file no more than 16.
SIZES = Sizes(row_group=800, part=16 * 800)
CHAIN = Chain("q.0", "q", "gene", "ids", ("1",))


@dataclass(frozen=True)
class Decoded:
    """A page of 100 rows."""

    batch: pa.RecordBatch
    received: int = 100
    quarantine: tuple[Rejected, ...] = ()
    drift: tuple[Drift, ...] = ()
    messages: tuple[Message, ...] = ()


def _parts(folder: Path, pages: int, *, early: bool) -> list[int]:
    """The pages of each part."""
    lake = Lake(folder)
    journal = Journal(lake, "_runs/run/journal.jsonl")
    keeper = Keeper(lake, journal, "run", 1, {"gene": SCHEMA}, SCHEMA, SIZES, early)
    page = Page(CHAIN, 0, 0, Opened(b""), datetime(2026, 1, 1, tzinfo=UTC))
    rows = Decoded(pa.record_batch([pa.array(range(100))], schema=SCHEMA))
    records = [record for _ in range(pages) for record in keeper.keep(page, rows)]
    records += keeper.flush()
    journal.close()
    return [len(record["pages"]) for record in records]


def test_a_part_is_closed_when_it_is_full(tmp_path: Path) -> None:
    assert _parts(tmp_path, 40, early=False) == [16, 16, 8]


def test_early_parts_grow_with_what_there_is(tmp_path: Path) -> None:
    parts = _parts(tmp_path, 150, early=True)
    assert parts[:9] == [1, 1, 1, 1, 1, 2, 2, 3, 3]
    assert sum(parts) == 150
    assert parts[-4:-1] == [16, 16, 16]
