"""Single values of a job: text, numbers, truth, choices, lists; what does not fit is noted.

A label is what messages call the value, such as `'lake'` or `an item of 'taxa'`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from unicodedata import category

from harvester.spec.faults import Faults, shown
from harvester.spec.names import did_you_mean
from harvester.spec.nodes import Broken, Entry, Listing, Node, Scalar, Table
from harvester.spec.rules import SPAN, SPAN_UNITS, Bounds

__all__ = ["choice", "items", "line", "number", "span", "table", "text", "truth", "wrong"]

_NUMBER = re.compile(r"[+-]?(\d{1,18}(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_KINDS = {
    "text": "the text {}",
    "int": "the number {}",
    "float": "the number {}",
    "bool": "the truth value {}",
    "date": "the date {}",
}


def wrong(node: Node, label: str, expected: str, faults: Faults, hint: str = "") -> None:
    """Notes that a value is of another type than expected."""
    if isinstance(node, Broken):
        return
    if isinstance(node, Scalar) and node.kind == "null":
        faults.add(node.place, f"{label} is empty", "give it a value or leave it out")
        return
    faults.add(node.place, f"{label} must be {expected}, not {_described(node)}", hint)


def _described(node: Scalar | Listing | Table) -> str:
    if isinstance(node, Listing):
        return "a list"
    if isinstance(node, Table):
        return "a mapping"
    written = shown(node.text)
    return _KINDS[node.kind].format(written if node.kind == "text" else written[1:-1])


def text(label: str, node: Node, faults: Faults) -> str | None:
    """Text as it was written, so that the symbol `NO` stays `NO` and the taxon 9606 is text too."""
    if not isinstance(node, Scalar) or not _is_text(node):
        hint = ""
        if isinstance(node, Scalar) and node.kind in ("bool", "float"):
            hint = f'in quotes it is text: "{shown(node.text)[1:-1]}"'
        wrong(node, label, "text", faults, hint)
        return None
    if not node.text.strip():
        faults.add(node.place, f"{label} is empty", "give it a value or leave it out")
        return None
    if any(category(letter) in ("Cc", "Cs") for letter in node.text if letter not in "\n\t"):
        faults.add(node.place, f"{label} holds a control character")
        return None
    return node.text


def _is_text(node: Scalar) -> bool:
    if node.kind == "bool":
        return node.text.lower() not in ("true", "false")
    return node.kind in ("text", "int", "date")


def line(label: str, node: Node, faults: Faults) -> str | None:
    """Text on one line, without blanks around it."""
    value = text(label, node, faults)
    if value is not None and (value != value.strip() or not value.isprintable()):
        faults.add(node.place, f"{label} must be one line without blanks around it")
        return None
    return value


def choice(label: str, node: Node, choices: Collection[str], faults: Faults) -> str | None:
    """One of the known values, spelt exactly."""
    value = text(label, node, faults)
    if value is None or value in choices:
        return value
    faults.add(node.place, f"{label} cannot be {shown(value)}", did_you_mean(value, choices))
    return None


def number(label: str, node: Node, bounds: Bounds, faults: Faults) -> float | None:
    """A number within bounds."""
    written = node.text if isinstance(node, Scalar) else ""
    value = float(written) if _NUMBER.fullmatch(written) else math.nan
    plain = isinstance(node, Scalar) and node.kind in ("int", "float")
    fits = math.isfinite(value) and (value.is_integer() or not bounds.whole)
    if plain and fits and bounds.hold(value):
        return value
    hint = "without quotes" if fits and not plain else ""
    wrong(node, label, str(bounds), faults, hint)
    return None


def span(label: str, node: Node, bounds: Bounds, faults: Faults) -> float | None:
    """Seconds, written with a unit or as a plain number."""
    written = node.text if isinstance(node, Scalar) else ""
    plain = isinstance(node, Scalar) and node.kind in ("int", "float")
    value = math.nan
    if re.fullmatch(SPAN, written):
        value = float(written[:-1]) * SPAN_UNITS[written[-1]]
    elif plain and _NUMBER.fullmatch(written):
        value = float(written)
    if bounds.hold(value):
        return value
    better = "".join(written.lower().split())
    hint = f"write {better}" if better != written and re.fullmatch(SPAN, better) else ""
    wrong(node, label, "a time from 1s to 7d, such as 90s, 15m or 4h", faults, hint)
    return None


def truth(label: str, node: Node, faults: Faults) -> bool | None:
    """True or false."""
    written = node.text.lower() if isinstance(node, Scalar) else ""
    if isinstance(node, Scalar) and node.kind == "bool" and written in _TRUTH:
        return _TRUTH[written]
    wrong(node, label, "true or false", faults, "without quotes" if written in _TRUTH else "")
    return None


def items(entry: Entry, faults: Faults) -> tuple[Node, ...] | None:
    """The items of a list that has some."""
    node = entry.value
    if isinstance(node, Listing) and node.items:
        return node.items
    if isinstance(node, Listing):
        faults.add(
            node.place, f"{entry.key!r} is an empty list", "name at least one, or leave it out"
        )
        return None
    hint = f"write [{shown(node.text)[1:-1]}]" if isinstance(node, Scalar) else ""
    wrong(node, repr(entry.key), "a list", faults, hint)
    return None


def table(label: str, node: Node, faults: Faults) -> Table | None:
    """A mapping."""
    if isinstance(node, Table):
        return node
    wrong(node, label, "a mapping", faults)
    return None
