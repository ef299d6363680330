"""The tutorial is typed from its first step to its last, and prints what it says it prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.session import normal, replay, steps
from tests.docs.shown import ROOT, shown

PAGE = ROOT / "docs" / "tutorial.md"


def test_the_tutorial_prints_what_it_says(tmp_path: Path) -> None:
    transcript = steps(PAGE)
    printed = replay(transcript, tmp_path)
    assert len(printed) == len(transcript) > 8
    for step, text in zip(transcript, printed, strict=True):
        assert normal(text) == normal(step.told or ""), str(step.typed)


def test_a_step_that_fails_ends_it(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```sh\nfalse\n```\n\n```sh\necho on\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="--- 0 ---"):
        replay(steps(page), tmp_path)


def test_ten_minutes_of_reading_and_typing() -> None:
    blocks = list(shown(PAGE))
    words = len(PAGE.read_text(encoding="utf-8").split())
    prose = words - sum(len(block.text.split()) for block in blocks)
    typed = sum(len(block.text) for block in blocks if block.language != "text")
    assert prose / 200 + typed / 200 < 10  # words and letters a minute of who takes the time
