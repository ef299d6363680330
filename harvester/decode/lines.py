"""Bytes to lines, and the outline of JSON that a parser gives up on; no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Line", "depth", "member", "object_lines", "parts", "split_lines"]

_BLANK = b" \t\r"
_LAYOUT = _BLANK + b"\n"
#: Strings are one token each, an unfinished one too, so that brackets inside do not count.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[{}\[\],:]', re.DOTALL)
_CLOSING = {b"{": b"}", b"[": b"]"}
_OPEN, _CLOSE = b"{}"


class Line(NamedTuple):
    """One record as it arrived, and where it stood."""

    number: int
    data: bytes


def object_lines(data: bytes) -> list[memoryview]:
    """All lines, where each begins and ends as an object does; none where one does not.

    Every page is asked, so this copies nothing and does the least that tells.
    """
    view, lines, start = memoryview(data), list[memoryview](), 0
    while start < len(data):
        end = data.find(b"\n", start)
        if end < 0:
            end = len(data)
        if data[start] != _OPEN or data[end - 1] != _CLOSE:
            return []
        lines.append(view[start:end])
        start = end + 1
    return lines


def split_lines(data: bytes) -> list[Line]:
    """The lines that are not blank, numbered from 1; only a newline ends a line."""
    stripped = (line.strip(_BLANK) for line in data.split(b"\n"))
    return [Line(number, line) for number, line in enumerate(stripped, 1) if line]


def depth(data: bytes) -> int:
    """How many brackets are still open at the end: more than none in a text that ends early."""
    opened = 0
    for token in _TOKEN.finditer(data):
        byte = data[token.start()]
        opened += (byte in b"{[") - (byte in b"}]")
    return opened


def parts(data: bytes) -> list[bytes] | None:
    """The elements of a list or the members of an object, whatever is wrong inside of them.

    None where the brackets do not close, so that nobody can say where a part ends.
    """
    body = data.strip(_LAYOUT)
    if _CLOSING.get(body[:1]) != body[-1:]:
        return None
    ends = list(_boundaries(body))
    if not ends or ends[-1] != len(body) - 1:
        return None
    starts = [1, *(end + 1 for end in ends[:-1])]
    found = [body[a:b].strip(_LAYOUT) for a, b in zip(starts, ends, strict=True)]
    return [] if found == [b""] else found


def member(part: bytes) -> tuple[bytes, bytes] | None:
    """The quoted name and the value of one part of an object."""
    name = _TOKEN.match(part)
    if not name or not name.group().startswith(b'"'):
        return None
    value = part[name.end() :].lstrip(_LAYOUT)
    return (name.group(), value[1:].lstrip(_LAYOUT)) if value.startswith(b":") else None


def _boundaries(body: bytes) -> Iterator[int]:
    """Where the parts of the outermost bracket end; the last is its closing bracket."""
    closing: list[bytes] = []
    for token in _TOKEN.finditer(body):
        text = token.group()
        if text in _CLOSING:
            closing.append(_CLOSING[text])
        elif not closing or (text in (b"}", b"]") and text != closing.pop()):
            return
        if not closing or (text == b"," and len(closing) == 1):
            yield token.start()
        if not closing:
            return
