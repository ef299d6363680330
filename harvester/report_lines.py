"""What a file of reports holds, as NDJSON: lines as they are, JSON pages and arrays taken apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from harvester.catalogue import Resource
from harvester.decode import likelier_kind, members_of, open_body, snake, split_lines
from harvester.errors import RefusedError, SpecError, TransientError
from harvester.package_files import LONGEST, ReportFile, read_chunks, too_long

__all__ = ["read_lines"]

#: Lines among which one at least must be a record, and those by which their kind is told.
_FIRST, _TELLING = 64, 16
_PIECE = 8 * 2**20
_BOM = b"\xef\xbb\xbf"


def read_lines(report: ReportFile, resource: Resource) -> Iterator[bytes]:
    """The records, one a line, in pieces; SpecError where they are of another kind."""
    pieces = _read(report, resource)
    first = next(pieces, b"")
    likely = likelier_kind(resource.name, _first_lines(first)[:_TELLING])
    if likely:
        raise SpecError(
            f"{report.place} holds {likely} reports, not {resource.name} reports: read it with "
            f"`harvester ingest {likely}`"
        )
    yield from chain((first,), pieces)


def _read(report: ReportFile, resource: Resource) -> Iterator[bytes]:
    field, pieces = resource.list_field or "", read_chunks(report)
    first = next(pieces, b"").removeprefix(_BOM)
    body = first.lstrip()
    if not body:
        yield from chain((first,), pieces)  # lines to come are counted from here
    elif body.startswith(b"[") or body.partition(b"\n")[0].strip() == b"{":
        yield from _document(report.place, chain((first,), pieces), field)
    elif _is_page(_first_lines(first)[0], field):
        yield from _pages(report.place, chain((first,), pieces), field)
    elif any(members_of(line) is not None for line in _first_lines(first)):
        yield from chain((first,), pieces)
    else:
        raise _no_records(report.place, body)


def _pages(place: str, pieces: Iterator[bytes], field: str) -> Iterator[bytes]:
    """Each line is a page, or there is but one."""
    for piece in pieces:
        for line in split_lines(piece):
            yield from _opened(place, line.data, field)


def _document(place: str, pieces: Iterator[bytes], field: str) -> Iterator[bytes]:
    """The whole is one JSON document: a page, a list of records, or a record."""
    text = bytearray()
    for piece in pieces:
        text += piece
        if len(text) > LONGEST:
            raise too_long(place)
    body = bytes(text).strip()
    if body.startswith(b"{") and not _is_page(body, field):
        body = b"[" + body + b"]"
    if body.startswith(b"["):
        body = b'{"%s":\n%s}' % (field.encode(), body)
    yield from _opened(place, body, field)


def _opened(place: str, page: bytes, field: str) -> Iterator[bytes]:
    try:
        data = open_body(page, compressed=False, ndjson=False, list_field=field).data + b"\n"
    except RefusedError as error:  # so many values that they would not fit into memory
        raise too_long(place) from error
    except TransientError as error:
        raise _no_records(place, page) from error
    start = 0
    while start < len(data):
        end = data.find(b"\n", start + _PIECE) + 1 or len(data)
        yield data[start:end]
        start = end


def _is_page(text: bytes, field: str) -> bool:
    return field in {snake(name) for name in members_of(text) or ()}


def _first_lines(piece: bytes) -> list[bytes]:
    """The first lines of a piece that are not blank; of a huge one only its beginning is split."""
    start = piece.find(b"\n", 2**20)
    return [line.data for line in split_lines(piece[: start + 1 or None])[:_FIRST]]


def _no_records(place: str, text: bytes) -> SpecError:
    glimpse = " ".join(text[:60].decode("utf-8", "replace").split())
    return SpecError(
        f"{place} holds no records: one JSON object a line is wanted, and it begins {glimpse!r}"
    )
