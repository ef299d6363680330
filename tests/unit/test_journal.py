from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.errors import LakeLocked
from harvester.store.journal import Journal, replay
from harvester.store.lake import Lake
from harvester.store.lock import hold

PATH = "_runs/r/journal.jsonl"
RECORDS: list[dict[str, object]] = [
    {"is": "begin", "text": "a\u2028b\r\nc"},
    {"is": "pages", "numbers": [1, 2, 3]},
    {"is": "failed", "reason": "é" * 50},
]


def _write(lake: Lake, records: list[dict[str, object]]) -> None:
    journal = Journal(lake, PATH)
    for record in records:
        journal.append(record)
    journal.close()


def test_what_was_appended_is_replayed(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _write(lake, RECORDS[:2])
    _write(lake, RECORDS[2:])
    assert list(replay(lake, PATH)) == RECORDS


def test_no_journal_is_an_empty_one(tmp_path: Path) -> None:
    assert list(replay(Lake(tmp_path), PATH)) == []


@given(data=st.data())
def test_a_torn_tail_costs_the_torn_records_only(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    _write(lake, RECORDS)
    path = Path(lake.path(PATH))
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    garbage = data.draw(st.binary(max_size=20))
    path.write_bytes(whole[:cut] + garbage)
    kept = list(replay(lake, PATH))
    assert kept == RECORDS[: len(kept)]
    ends = [n for n, byte in enumerate(whole) if byte == ord("\n")]
    assert len(kept) >= sum(end < cut for end in ends)
    _write(lake, [{"is": "attempt"}])
    assert list(replay(lake, PATH)) == [*kept, {"is": "attempt"}]


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _write(lake, RECORDS)
    path = Path(lake.path(PATH))
    path.write_bytes(path.read_bytes().replace(b'"numbers":[1', b'"numbers":[7'))
    assert list(replay(lake, PATH)) == RECORDS[:1]


def _write_half(lake: Lake, path: str) -> None:
    with lake.create(path) as sink:
        sink.write(b"half")
        raise RuntimeError("half way")


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write("a/b.txt", b"old")
    with pytest.raises(RuntimeError, match="half way"):
        _write_half(lake, "a/b.txt")
    assert lake.read("a/b.txt") == b"old"
    assert lake.list("a") == ["a/b.txt"]


def test_a_lake_has_one_writer(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with hold(lake), pytest.raises(LakeLocked, match=r"process \d+ on .* since"), hold(lake):
        pass
    with hold(lake):
        pass
