"""NCBI's report files on disk: found by name inside the packages of `datasets`, read in chunks."""

from __future__ import annotations

import gzip
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import IO, cast

from msgspec import Struct

from harvester.errors import SpecError

__all__ = ["LONGEST", "ReportFile", "find_reports", "read_chunks", "too_long"]

#: A line or a JSON document that is longer is refused: it would have to be held in memory.
LONGEST = 64 * 2**20
_CHUNK = 8 * 2**20
#: What the `datasets` tool calls its reports; a gene's and a virus's share one name.
_NAMES = {
    "genome": "assembly_data_report.jsonl",
    "gene": "data_report.jsonl",
    "virus": "data_report.jsonl",
    "product": "product_report.jsonl",
    "sequence": "sequence_report.jsonl",
    "annotation": "annotation_report.jsonl",
    "taxonomy": "taxonomy_report.jsonl",
}
_ASSEMBLY = re.compile(r"GC[AF]_\d{9}(?!\d)(?:\.\d+)?")
_GZIP, _ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)
#: What a zip holds that Python cannot read: a password, another way to compress.
_FOREIGN = (RuntimeError, NotImplementedError)


class ReportFile(Struct, frozen=True):
    """One file of reports: by itself, or a member of a package."""

    file: str
    member: str = ""

    @property
    def place(self) -> str:
        """How messages and tables name it."""
        told = f"{self.file}:{self.member}" if self.member else self.file
        return os.fsencode(told).decode(errors="backslashreplace")

    @property
    def assembly(self) -> str:
        """The assembly that its own name or its folder's bears; packages have a folder for each."""
        path = PurePath(self.member) if self.member else Path(self.file).absolute()
        found = (_ASSEMBLY.search(name) for name in (path.name, path.parent.name))
        return next((match.group() for match in found if match), "")


def find_reports(file: str, resource: str) -> tuple[ReportFile, ...]:
    """The files of a resource's reports that a file is or holds."""
    head = _head(file)
    if not head:
        raise SpecError(f"{file} is empty")
    if head.startswith(_ZIP):
        return tuple(ReportFile(file, member) for member in _members(file, resource))
    if file.endswith(".zip"):
        raise SpecError(f"{file} is no zip file, whatever its name says")
    return (ReportFile(file),)


def read_chunks(report: ReportFile) -> Iterator[bytes]:
    """The file's bytes, inflated, in pieces that end where a line does."""
    try:
        with _opened(report) as stream:
            yield from _cut(stream, report.place)
    except _DAMAGED as error:
        raise SpecError(
            f"{report.place} is damaged or cut short ({error}): get the file again"
        ) from error
    except _FOREIGN as error:
        raise SpecError(f"{report.place} cannot be read: {error}") from error
    except OSError as error:
        raise SpecError(f"{report.place} cannot be read: {error.strerror or error}") from error


def too_long(place: str) -> SpecError:
    """What to do about a line or a document that is too much at a time."""
    return SpecError(
        f"{place} holds more than {LONGEST // 2**20} MB in one piece: write one record a line "
        "(`datasets summary … --as-json-lines`)"
    )


def _head(file: str) -> bytes:
    """A file's first bytes."""
    path = Path(file)
    if path.is_dir():
        raise SpecError(f"{file} is a folder: name the report files in it, such as {_in(path)}")
    if path.exists() and not path.is_file():
        raise SpecError(f"{file} is no regular file: save what it gives as a file first")
    try:
        with path.open("rb") as stream:
            return stream.read(4)
    except OSError as error:
        raise SpecError(f"{file} cannot be read: {error.strerror}") from error


def _in(folder: Path) -> Path:
    """A report file in the folder, as an example."""
    found = (path for name in _NAMES.values() for path in sorted(folder.rglob(name)))
    return next(found, folder / _NAMES["genome"])


def _members(file: str, resource: str) -> list[str]:
    """The members of a package that bear the name of the resource's reports."""
    try:
        with zipfile.ZipFile(file) as package:
            names = [info.filename for info in package.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise SpecError(f"{file} is a damaged zip file, or cut short: get it again") from error
    wanted = _NAMES.get(resource)
    if wanted is None:
        raise SpecError(f"{file} is a package, and packages hold no {resource} reports")
    found = [name for name in names if PurePath(name).name == wanted]
    if not found:
        raise SpecError(f"{file} holds no {resource} reports ({wanted}){_others(names)}")
    return found


def _others(names: list[str]) -> str:
    reports = sorted({PurePath(name).name for name in names} & set(_NAMES.values()))
    return f": what it holds is {', '.join(reports)}" if reports else ", nor any others"


@contextmanager
def _opened(report: ReportFile) -> Iterator[IO[bytes]]:
    if report.member:
        with zipfile.ZipFile(report.file) as package, package.open(report.member) as stream:
            yield stream
    elif _head(report.file).startswith(_GZIP):
        with gzip.open(report.file) as inflated:
            yield cast("IO[bytes]", inflated)
    else:
        with Path(report.file).open("rb") as plain:
            yield plain


def _cut(stream: IO[bytes], place: str) -> Iterator[bytes]:
    """Chunks of whole lines; the last line may lack its end."""
    kept: list[bytes] = []
    while block := stream.read(_CHUNK):
        end = block.rfind(b"\n") + 1
        if end:
            yield b"".join((*kept, block[:end]))
            kept = []
        kept.append(block[end:])
        if sum(map(len, kept)) > LONGEST:
            raise too_long(place)
    if rest := b"".join(kept):
        yield rest
