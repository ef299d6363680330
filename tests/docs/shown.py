"""What pages show: their blocks of code, and the files that some of these are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "Shown", "shown"]

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# ([\w-]+\.yaml)\n")


@dataclass(frozen=True)
class Shown:
    """One block of a page."""

    page: Path
    text: str
    language: str = ""

    def __str__(self) -> str:
        return f"{self.page.name}: {self.text.splitlines()[0][:60]}"

    @property
    def file(self) -> str:
        """The name of the file that a block is, by its first line."""
        named = _FILE.match(self.text) if self.language == "yaml" else None
        return named[1] if named else ""

    @property
    def commands(self) -> list[str]:
        """What is typed at the prompt of a console."""
        lines = self.text.splitlines() if self.language == "console" else []
        return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def shown(*pages: Path) -> Iterator[Shown]:
    """All blocks, in their order."""
    for page in pages:
        for match in _BLOCK.finditer(page.read_text(encoding="utf-8")):
            yield Shown(page, match[2], match[1])
