"""Text on its way out: terminals are not painted, and the API key is nowhere in it."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from urllib.parse import quote

__all__ = ["MASK", "Mask", "json_line", "paints", "printable"]

#: What stands where the key stood.
MASK = "[API key]"
#: NCBI's keys have 36 characters; the letters of a shorter word may stand in any text by chance.
_SHORTEST = 8


def printable(text: str) -> str:
    """Text that cannot paint the terminal: control characters are written out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def json_line(text: str) -> str:
    """The same JSON, with escapes in the place of what could paint the terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def paints(variables: Mapping[str, str], *, tty: bool) -> bool:
    """Whether text may be coloured: on terminals unless NO_COLOR, elsewhere only by FORCE_COLOR."""
    if variables.get("NO_COLOR"):
        return False
    if variables.get("FORCE_COLOR"):
        return True
    return tty and variables.get("TERM") not in ("dumb", "unknown")


class Mask:
    """Takes a secret out of texts and bytes, also where it is written as JSON, HTML or a URL."""

    def __init__(self, secret: str | None) -> None:
        key = secret if secret and len(secret) >= _SHORTEST else ""
        forms = {key, json.dumps(key)[1:-1], quote(key, safe=""), html.escape(key)} - {""}
        self._forms = tuple(sorted(forms, key=len, reverse=True))

    def text(self, text: str) -> str:
        """The text without the secret."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def data(self, data: bytes) -> bytes:
        """The bytes without the secret; the very same bytes where it is not among them."""
        for form in self._forms:
            data = data.replace(form.encode(), MASK.encode())
        return data
