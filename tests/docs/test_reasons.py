"""The words for asking again are those that the documentation explains, and no others."""

from __future__ import annotations

import re
from pathlib import Path

from harvester.fetch.traffic import REASONS, is_reason

PAGE = Path(__file__).parents[2] / "docs" / "operation.md"


def test_every_reason_is_explained() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("| reason |")[2].partition("\n\n")[0]
    words = {
        word
        for row in table.splitlines()[2:]
        for word in re.findall(r"`([^`]+)`", row.split("|")[1])
    }
    assert words - {"http 5xx"} == REASONS
    assert is_reason("http 503")
    assert is_reason("http 520")
    assert not is_reason("http 404")
