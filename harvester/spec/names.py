"""What a user probably meant: the nearest of the valid names."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

__all__ = ["did_you_mean", "listed", "nearest"]

#: More names than this are looked up in the documentation, not read in a message.
_FEW = 10

#: What NCBI's own tools call the things of a job.
_ELSEWHERE = {
    "gene_ids": "ids",
    "inputfile": "ids_file",
    "queries": "harvest",
    "rps": "requests_per_second",
    "tax_ids": "taxa",
    "taxids": "taxa",
    "taxons": "taxa",
}


def nearest(name: str, valid: Collection[str]) -> str:
    """The valid name that is spelt most like this one, or nothing."""
    known = _ELSEWHERE.get(name, "")
    if known in valid:
        return known
    plain = {_plain(one): one for one in valid}
    close = get_close_matches(_plain(name), plain, n=1)
    return plain[close[0]] if close else ""


def did_you_mean(name: str, valid: Collection[str]) -> str:
    """A hint: the nearest name, else all of them where they are few."""
    close = nearest(name, valid)
    if close:
        return f"did you mean {close!r}?"
    return f"one of {listed(valid)}" if 0 < len(valid) <= _FEW else ""


def listed(names: Collection[str]) -> str:
    """Names as a message shows them."""
    return ", ".join(names)


def _plain(name: str) -> str:
    """Without what people mix up: case, blanks, hyphens, underscores."""
    return name.casefold().replace("_", "").replace("-", "").replace(" ", "")
