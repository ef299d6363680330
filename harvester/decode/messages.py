"""Warnings and errors that NCBI puts beside or instead of records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harvester.decode.names import snake
from harvester.decode.strict import json_text, members
from harvester.model import Message

__all__ = ["MESSAGE_NAMES", "read_messages"]

#: The members that hold messages, in pages and in the wrappers of records, and their level.
MESSAGE_NAMES = {
    "messages": "warning",
    "errors": "error",
    "error": "error",
    "warnings": "warning",
    "warning": "warning",
}
_CODES = ("_error_code", "_warning_code")
_TEXTS = {"reason", "message", "unrecognized_identifier"}


def read_messages(name: str, value: Any) -> tuple[Message, ...]:  # noqa: ANN401 - parsed JSON
    """The messages in a member of that name."""
    items = value if isinstance(value, list) else [value]
    told = (item for item in items if item is not None)
    return tuple(message for item in told for message in _read(MESSAGE_NAMES[name], item))


def _read(level: str, item: Any) -> Iterator[Message]:  # noqa: ANN401 - parsed JSON
    if not isinstance(item, dict):
        yield Message(level, "", _text(item))
    elif item and item.keys() <= {"error", "warning"}:
        for name in item:
            yield from _read(name, item[name])
    else:
        yield _message(level, item)


def _message(level: str, item: dict[str, Any]) -> Message:
    """What the message says; its whole JSON where it says more than is understood."""
    facts = {snake(name): value for name, value in item.items()}
    codes = [name for name in facts if name.endswith(_CODES)]
    replaced = facts.get("replaced_id")
    pair = replaced if isinstance(replaced, dict) else {}
    single = len(facts) == len(list(members(item)))
    return Message(
        level=level,
        code=_text(facts[codes[0]]) if codes else "",
        text=_words(facts) if single and _understood(facts, codes) else json_text(item),
        identifiers=_identifiers(facts, pair),
        replaced_by=_text(pair.get("returned", "")),
    )


def _words(facts: dict[str, Any]) -> str:
    reason, message = facts.get("reason", ""), facts.get("message", "")
    return f"{reason}: {message}" if reason and message and reason != message else reason or message


def _identifiers(facts: dict[str, Any], pair: dict[str, Any]) -> tuple[str, ...]:
    named = facts.get("invalid_identifiers")
    if isinstance(named, list) and named:
        return tuple(_text(identifier) for identifier in named)
    single = facts.get("unrecognized_identifier") or pair.get("requested")
    return (_text(single),) if single else ()


def _understood(facts: dict[str, Any], codes: list[str]) -> bool:
    """Whether code, text and identifiers tell all that the message holds."""
    named = facts.get("invalid_identifiers", [])
    pair = facts.get("replaced_id", {})
    sources = [name for name in ("unrecognized_identifier", "replaced_id") if name in facts]
    return (
        facts.keys() <= {*_TEXTS, *codes, "invalid_identifiers", "replaced_id"}
        and all(isinstance(facts[name], str) for name in {*_TEXTS, *codes} & facts.keys())
        and isinstance(named, list)
        and isinstance(pair, dict)
        and pair.keys() <= {"requested", "returned"}
        and len(codes) <= 1
        and len(sources) + bool(named) <= 1
    )


def _text(value: Any) -> str:  # noqa: ANN401 - parsed JSON
    return value if isinstance(value, str) else json_text(value)
