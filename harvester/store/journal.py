"""The append-only journal of a run: what it says is durable; a torn tail is ignored, and said."""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from harvester.errors import LakeError
from harvester.store.lake import Lake, make_folder, sync_folder
from harvester.telemetry import get_logger

__all__ = ["Journal", "Record", "replay"]

_log = get_logger(__name__)

#: A journal's record: plain JSON, with its kind under "is".
Record = Mapping[str, Any]


class Journal:
    """One file of checksummed lines, each on the disk before `append` returns."""

    def __init__(self, lake: Lake, relative: str) -> None:
        self._path = Path(lake.path(relative))
        try:
            make_folder(self._path.parent)
            self._end = _cut_torn_tail(self._path)
            self._file = self._path.open("ab", buffering=0)
            sync_folder(self._path.parent)
        except OSError as error:
            raise LakeError(f"cannot write {self._path}: {error}") from error

    def append(self, record: Record) -> None:
        """Makes one record a fact."""
        line = _line(record)
        try:
            self._write(line)
        except OSError as error:
            self._cut_back()
            raise LakeError(f"cannot write {self._path}: {error}") from error
        self._end += len(line)
        _log.debug("journal written", kind=record["is"])

    def close(self) -> None:
        """Closes the file; all of it is durable already."""
        self._file.close()

    def _write(self, line: bytes) -> None:
        if self._file.write(line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(self._file.fileno())

    def _cut_back(self) -> None:
        """What was not written whole is no fact, and the next record must not be glued to it."""
        with suppress(OSError):
            os.ftruncate(self._file.fileno(), self._end)


def replay(lake: Lake, relative: str) -> Iterator[Record]:
    """The journal's records up to the first line that is torn."""
    for line in _lines(lake.read(relative) or b""):
        record = _parse(line)
        if record is None:
            return
        yield record


def _lines(data: bytes) -> list[bytes]:
    """The lines that were written to their end: without it the next record would be glued on."""
    return data.split(b"\n")[:-1]


def _line(record: Record) -> bytes:
    text = json.dumps(record, separators=(",", ":"), default=str).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _parse(line: bytes) -> Record | None:
    checksum, _, text = line.partition(b" ")
    if not text or checksum != b"%08x" % zlib.crc32(text):
        return None
    record: Record = json.loads(text)
    return record


def _cut_torn_tail(path: Path) -> int:
    """A killed writer may leave half a line: gives the length of what is whole."""
    if not path.exists():
        return 0
    data, good = path.read_bytes(), 0
    for line in _lines(data):
        if _parse(line) is None:
            break
        good += len(line) + 1
    if good < len(data):
        _log.warning("the end of the journal is torn and ignored", bytes=len(data) - good)
        os.truncate(path, good)
    return good
