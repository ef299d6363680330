"""The append-only journal of a run: what it says is durable; a torn tail is ignored."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harvester.errors import LakeError
from harvester.store.lake import Lake, sync_folder

__all__ = ["Journal", "Record", "replay"]

#: A journal's record: plain JSON, with its kind under "is".
Record = Mapping[str, Any]


class Journal:
    """One file of checksummed lines, each on the disk before `append` returns."""

    def __init__(self, lake: Lake, relative: str) -> None:
        self._path = Path(lake.path(relative))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        _cut_torn_tail(self._path)
        self._file = self._path.open("ab", buffering=0)
        sync_folder(self._path.parent)

    def append(self, record: Record) -> None:
        """Makes one record a fact."""
        line = _line(record)
        try:
            written = self._file.write(line)
            os.fsync(self._file.fileno())
        except OSError as error:
            message = f"cannot write {self._path}: {error}"
            raise LakeError(message) from error
        if written != len(line):
            message = f"cannot write {self._path}: the disk is full"
            raise LakeError(message)

    def close(self) -> None:
        """Closes the file; all of it is durable already."""
        self._file.close()


def replay(lake: Lake, relative: str) -> Iterator[Record]:
    """The journal's records up to the first line that is torn."""
    data = lake.read(relative) or b""
    for line in data.split(b"\n"):
        record = _parse(line)
        if record is None:
            return
        yield record


def _line(record: Record) -> bytes:
    text = json.dumps(record, separators=(",", ":"), default=str).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _parse(line: bytes) -> Record | None:
    checksum, _, text = line.partition(b" ")
    if not text or checksum != b"%08x" % zlib.crc32(text):
        return None
    record: Record = json.loads(text)
    return record


def _cut_torn_tail(path: Path) -> None:
    """A killed writer may leave half a line: the next record must not be glued to it."""
    if not path.exists():
        return
    good = 0
    for line in path.read_bytes().split(b"\n"):
        if _parse(line) is None:
            break
        good += len(line) + 1
    os.truncate(path, min(good, path.stat().st_size))
