"""The identifiers of a query: listed in the job, or one a line in a file beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harvester.catalogue import Endpoint
from harvester.errors import SpecError
from harvester.spec.faults import Faults, Place, shown
from harvester.spec.fields import items, line, text
from harvester.spec.files import read_file
from harvester.spec.nodes import Entry
from harvester.spec.rules import WHOLE

__all__ = ["complaint", "read_identifiers"]

_LONGEST = 250
_LARGEST_FILE = 64 * 2**20
#: A wrong file is wrong in every line: so many are told one by one.
_TOLD = 20
_COMMENT = re.compile(r"(^|\s)#.*")
_NUMERIC = re.compile(r"[+-]?[0-9_.]+")
_WHOLE = re.compile(WHOLE)


def read_identifiers(
    entry: Entry, endpoint: Endpoint | None, folder: Path, faults: Faults
) -> tuple[str, ...]:
    """The values of a selector in their order, each once; what is wrong with them is noted."""
    kind = endpoint.value_kind if endpoint else "taxon"
    if entry.key.endswith("_file"):
        return _from_file(entry, kind, folder, faults)
    return _from_list(entry, kind, faults)


def _from_list(entry: Entry, kind: str, faults: Faults) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for node in items(entry, faults) or ():
        value = text(f"an item of {entry.key!r}", node, faults)
        if value is None:
            continue
        problem = complaint(value, kind)
        if problem:
            faults.add(node.place, f"{shown(value)} in {entry.key!r} {problem}")
        found[value] = None
    return tuple(found)


def _from_file(entry: Entry, kind: str, folder: Path, faults: Faults) -> tuple[str, ...]:
    name = line(repr(entry.key), entry.value, faults)
    if name is None:
        return ()
    path = folder / name
    try:
        content = read_file(path, _LARGEST_FILE)
    except SpecError as error:
        for fault in error.faults:
            if fault.line:
                faults.extend((fault,))
            else:
                faults.add(entry.value.place, f"{path}: {fault.message}", fault.hint)
        return ()
    return _from_lines(content, str(path), kind, faults)


def _from_lines(content: str, file: str, kind: str, faults: Faults) -> tuple[str, ...]:
    found: dict[str, None] = {}
    wrong = 0
    for number, bare in _lines(content):
        value = bare.strip()
        problem = complaint(value, kind)
        if problem and wrong < _TOLD:
            column = len(bare) - len(bare.lstrip()) + 1
            faults.add(Place(file, number, column), f"{shown(value)} {problem}")
        wrong += bool(problem)
        found[value] = None
    if wrong > _TOLD:
        faults.add(Place(file), f"{wrong - _TOLD} more lines of this file are wrong")
    if not found:
        faults.add(Place(file), "the file names nothing", "one value a line")
    return tuple(found)


def _lines(content: str) -> Iterator[tuple[int, str]]:
    """The lines that hold a value, each with its number and without its comment."""
    for number, raw in enumerate(content.split("\n"), start=1):
        bare = _COMMENT.sub("", raw) if "#" in raw else raw
        if bare and not bare.isspace():
            yield number, bare


def complaint(value: str, kind: str) -> str:
    """What is wrong with an identifier, or nothing."""
    if kind == "int":
        return "" if _WHOLE.fullmatch(value) else "is not a whole number, as gene ids are"
    if kind == "taxon" and _NUMERIC.fullmatch(value):
        return "" if _WHOLE.fullmatch(value) else "is no taxon number"
    problem = _unfit(value)
    if problem and kind == "taxon":
        return f"{problem}: give the taxon's number instead"
    if not problem and kind != "taxon" and " " in value:
        return "holds a blank"
    return problem


def _unfit(value: str) -> str:
    """What cannot travel in the path of a request."""
    if not value.isprintable():
        return "holds a character that cannot be seen"
    if value != value.strip():
        return "has blanks around it"
    if len(value) > _LONGEST:
        return f"is longer than {_LONGEST} characters"
    if value in (".", ".."):
        return "names nothing"
    return next((f"holds {word}" for sign, word in _SIGNS.items() if sign in value), "")


_SIGNS = {",": "a comma", "/": "a slash", "\\": "a backslash"}
