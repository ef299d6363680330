"""What stands around the records of a JSON page: counts, tokens, messages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import msgspec

from harvester.decode.lines import depth, member, parts
from harvester.decode.messages import MESSAGE_NAMES, read_messages
from harvester.decode.names import snake
from harvester.decode.strict import BadRecord, json_text, parse
from harvester.errors import TransientError
from harvester.model import Message, Opened

__all__ = ["check_refusal", "is_page", "members_of", "open_page", "open_summary"]

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])
_PAGE = {"total_count", "next_page_token", "content_type", "messages", "errors", "warnings"}
_LONGEST_COUNT = 18
_GIVEN_UP = (RecursionError, UnicodeDecodeError, msgspec.DecodeError)

Members = Mapping[str, bytes]


def members_of(text: bytes, *, patient: bool = False) -> Members | None:
    """The members of the object that the text is, their values not read.

    None where it is no object. With patience one that holds something broken is one as well, as
    long as its brackets close.
    """
    try:
        return {name: bytes(value) for name, value in _MEMBERS.decode(text).items()}
    except _GIVEN_UP:
        return _outlined(text) if patient else None


def is_page(found: Members, list_field: str) -> bool:
    """Whether these are the members of a page, not those of a record."""
    names = {snake(name) for name in found}
    return list_field in names or names <= _PAGE


def check_refusal(found: Members) -> None:
    """Raises TransientError where a refusal came with status 200: an outage, and it passes."""
    if found.keys() >= {"code", "message"} or found.get("error", b"").startswith(b'"'):
        raise TransientError("error in answer", _text(found.get("message", found.get("error"))))


def open_page(found: Members, list_field: str) -> Opened:
    """A page's records, one a line, and what the page says about them."""
    page = {snake(name): value for name, value in found.items()}
    records = _elements(page.get(list_field, b"null"))
    return Opened(
        data=b"\n".join(map(_one_line, records)),
        total=_count(page.get("total_count", b"")),
        next_token=_text(page.get("next_page_token")),
        messages=_messages(page),
    )


def open_summary(text: bytes) -> Opened:
    """A document that is one record by itself; its messages are taken out."""
    found = members_of(text, patient=True)
    if found is None:
        raise TransientError("truncated" if depth(text) > 0 else "not JSON")
    check_refusal(found)
    rest = {name: value for name, value in found.items() if snake(name) not in MESSAGE_NAMES}
    if len(rest) == len(found):
        return Opened(_one_line(text.strip()) if found else b"")
    members = (json.dumps(name).encode() + b":" + _one_line(rest[name]) for name in rest)
    data = b"{" + b",".join(members) + b"}" if rest else b""
    return Opened(data, messages=_messages({snake(name): found[name] for name in found}))


def _outlined(text: bytes) -> Members | None:
    if not text.lstrip().startswith(b"{"):
        return None
    found = [member(part) for part in parts(text) or [b""]]
    try:
        return {str(parse(pair[0])): pair[1] for pair in found if pair} if all(found) else None
    except BadRecord:
        return None


def _elements(value: bytes) -> Sequence[bytes]:
    if value == b"null":
        return ()
    try:
        return [bytes(element) for element in _ELEMENTS.decode(value)]
    except _GIVEN_UP:
        elements = parts(value) if value.startswith(b"[") else None
    if elements is None:
        raise TransientError("not JSON", "the page's records are no list")
    return elements


def _one_line(value: bytes) -> bytes:
    """The same value without newlines: of well-formed JSON only the layout goes."""
    if b"\n" not in value:
        return value
    try:
        return msgspec.json.format(value, indent=-1)
    except _GIVEN_UP:
        return value.replace(b"\n", b"\\n")


def _messages(page: Members) -> tuple[Message, ...]:
    found: list[Message] = []
    for name in (name for name in MESSAGE_NAMES if name in page):
        try:
            found.extend(read_messages(name, parse(page[name])))
        except BadRecord:
            found.append(Message(MESSAGE_NAMES[name], "", page[name].decode("utf-8", "replace")))
    return tuple(found)


def _count(value: bytes) -> int | None:
    digits = value.strip(b'"')
    return int(digits) if digits.isdigit() and len(digits) <= _LONGEST_COUNT else None


def _text(value: bytes | None) -> str:
    """The string that a member holds, nothing for null."""
    try:
        content = parse(value or b"null")
    except BadRecord as error:
        raise TransientError("not JSON", str(error)) from error
    return content if isinstance(content, str) else "" if content is None else json_text(content)
