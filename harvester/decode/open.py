"""A body as it came over the wire to records, one a line: inflated, freed of its envelope."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

from isal import isal_zlib

from harvester.decode.envelope import check_refusal, is_page, members_of, open_page, open_summary
from harvester.decode.lines import depth
from harvester.errors import RefusedError, TransientError
from harvester.model import Opened

__all__ = ["inflate", "open_body"]

_LIMIT = 256 * 2**20
#: A page has a thousand records; what holds so many lines or values only wants to fill memory.
_MOST_LINES = 100_000
_MOST_VALUES = 8_000_000
_GZIP = 31
#: How each gzip stream begins: two bytes of magic, and the only method that there is.
_HEAD = b"\x1f\x8b\x08"
#: Its type stubs call the class an instance.
_DAMAGED = cast("type[Exception]", isal_zlib.error)
#: Servers send one; each costs a copy of all that follow.
_MOST_MEMBERS = 100
_OK = 200
_BOM = b"\xef\xbb\xbf"
_NOT_BLANK = re.compile(rb"[^ \t\r\n]")
_LINE_OF_OBJECT = re.compile(rb"(?:\A|\n)[ \t\r]*\{")


def open_body(
    body: bytes,
    *,
    compressed: bool,
    ndjson: bool,
    list_field: str | None,
    limit: int = _LIMIT,
    mask: Callable[[bytes], bytes] = bytes,
    lenient: bool = False,
) -> Opened:
    """The records of one answer; a page and NDJSON are told apart by what they are.

    `list_field` names the page's list of records; None means that the page is the record. `mask`
    takes out what must not be kept. `lenient` leaves a last line that is cut off to the decoder,
    which quarantines it, where it would be asked for again. Raises TransientError where the body
    ends early or is no JSON, RefusedError above the limit.
    """
    text = mask(_within(inflate(body, limit) if compressed else body, limit))
    text = text.removeprefix(_BOM)
    start = _NOT_BLANK.search(text)
    if start is None:
        return _nothing(ndjson=ndjson)
    if start.group() == b"<" or not _LINE_OF_OBJECT.search(text):
        raise TransientError("not JSON", _glimpse(text))
    if list_field is None:
        return open_summary(text)
    if lenient and ndjson:
        text = text.rstrip(b"\n") + b"\n"
    return _open_records(text, start.start(), list_field, ndjson=ndjson)


def inflate(body: bytes, limit: int) -> bytes:
    """The bytes that were gzipped, and never more of them than the limit."""
    pieces: list[bytes] = []
    room = limit
    rest = body
    while rest or not pieces:
        if len(pieces) == _MOST_MEMBERS:
            raise RefusedError(_OK, f"the answer has more than {_MOST_MEMBERS} gzip members")
        if not _HEAD.startswith(rest[:3]):  # isal would wait for more
            raise TransientError("bad gzip", "the body is no gzip stream")
        stream = isal_zlib.decompressobj(_GZIP)
        try:
            piece = stream.decompress(rest, room + 1)
        except _DAMAGED as error:
            raise TransientError("bad gzip", str(error)) from error
        if len(piece) > room:
            raise _too_large(limit)
        if not stream.eof:
            raise TransientError("truncated", "the gzip stream ends early")
        pieces.append(piece)
        room -= len(piece)
        rest = stream.unused_data.lstrip(b"\0")
    return b"".join(pieces)


def _within(text: bytes, limit: int) -> bytes:
    """The text, where it neither is too large nor would become so when it is read."""
    if len(text) > limit:
        raise _too_large(limit)
    if len(text) > _MOST_VALUES and sum(map(text.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        raise RefusedError(_OK, f"the answer holds more than {_MOST_VALUES:,} values")
    return text


def _open_records(text: bytes, start: int, list_field: str, *, ndjson: bool) -> Opened:
    end = text.find(b"\n", start)
    several = end >= 0 and _NOT_BLANK.search(text, end)
    if several and members_of(text[start:end]) is not None:
        return _open_lines(text)
    found = members_of(text, patient=not ndjson)
    if found is None:
        return _open_broken(text, ndjson=ndjson)
    if is_page(found, list_field):
        return open_page(found, list_field)
    check_refusal(found)
    return _open_lines(text)


def _open_broken(text: bytes, *, ndjson: bool) -> Opened:
    if ndjson:
        return _open_lines(text)
    raise TransientError("truncated" if depth(text) > 0 else "not JSON", _glimpse(text))


def _open_lines(text: bytes) -> Opened:
    """NDJSON as it is; a last line that a newline does not end must be whole by itself."""
    if text.count(b"\n") > _MOST_LINES:
        raise RefusedError(_OK, f"the answer holds more than {_MOST_LINES:,} lines")
    last = text[text.rfind(b"\n") + 1 :]
    if depth(last) > 0:
        raise TransientError("truncated", "the last line ends early")
    return Opened(text)


def _nothing(*, ndjson: bool) -> Opened:
    if not ndjson:
        raise TransientError("truncated", "the body is empty")
    return Opened(b"")


def _glimpse(text: bytes) -> str:
    return " ".join(text[:200].decode("utf-8", "replace").split())


def _too_large(limit: int) -> RefusedError:
    room = f"{limit / 2**20:.4g} MB that limits.page_megabytes allows"
    return RefusedError(_OK, f"the answer is larger than the {room}")
