"""Words of the program as Markdown: escaped, in tables, between marks in a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

__all__ = ["END", "listed", "plain", "replaced", "table"]

END = "<!-- end -->"
_CODE = re.compile(r"(`[^`]*`)")
#: What Markdown or HTML would take for its own; an underscore means something before a word only.
_MARKS = re.compile(r"[\\*\[\]|]|\b_|<|&(?=\w+;)")


def plain(text: str) -> str:
    """A text that stays as it is in Markdown; what stands in backticks is code."""
    parts = _CODE.split(" ".join(text.split()))
    return "".join(part if part.startswith("`") else _escaped(part) for part in parts)


def _escaped(text: str) -> str:
    marked = _MARKS.sub(lambda found: f"\\{found[0]}", text)
    return marked.replace("\\<", "&lt;").replace("\\&", "&amp;")


def listed(words: Iterable[str]) -> str:
    """Words of the program, one after the other."""
    return ", ".join(f"`{word}`" for word in words)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are Markdown already."""
    lines = (heads, ["---"] * len(heads), *rows)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def replaced(page: str, name: str, text: str) -> str:
    """The page with a text between `<!-- name -->` and the next `<!-- end -->`."""
    mark = f"<!-- {name} -->\n"
    before, found, rest = page.partition(mark)
    _, end, after = rest.partition(END)
    if not (found and end):
        raise ValueError(f"the page has no {mark.strip()} with {END} behind it")
    return f"{before}{mark}{text}{end}{after}"
