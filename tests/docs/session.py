"""A transcript in a page: what is typed into one shell, and what comes back, block by block.

`sh` blocks are typed, the `text` block behind one is its output, `yaml` blocks that name themselves
are files that the reader saves. What needs the world outside (PyPI, NCBI) stands in `shell` blocks
and is not typed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs.shown import ROOT, Shown, shown

__all__ = ["Step", "normal", "replay", "steps"]

#: What differs from one time to the next, and the word that stands for it.
_FIGURES = (
    (r"\d{8}T\d{6}Z-\w{4}", "RUN"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?Z?( UTC)?", "MOMENT"),
    (r"\d[\d,.]* s \([\d,.]+ planned\)", "SECONDS"),
    (r"[\d,]+ requests \([^)]*\)", "REQUESTS"),
    (r"version [\d.]+", "version VERSION"),
    (r" ─+", ""),  # as long as the terminal is wide
)
_BETWEEN = "--- {} ---"


@dataclass(frozen=True)
class Step:
    """What is typed at once, and what the page says comes of it."""

    typed: Shown
    told: str | None


def steps(page: Path) -> list[Step]:
    """The page's transcript."""
    blocks = list(shown(page))
    return [
        Step(one, after.text if after and after.language == "text" else None)
        for one, after in zip(blocks, [*blocks[1:], None], strict=True)
        if one.language == "sh" or one.file
    ]


def replay(transcript: list[Step], folder: Path) -> list[str]:
    """Types it all into one shell in the folder; what each step printed."""
    script = "\n".join(_lines(transcript))
    done = subprocess.run(
        ["/bin/sh", "-e", "-c", script],
        cwd=folder,
        env=_surroundings(folder),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return re.split(r"--- \d+ ---\n", done.stdout)[1:]


def normal(text: str) -> list[str]:
    """The words, without what differs from one time to the next; where lines break is free."""
    text = " ".join(text.split())
    for pattern, word in _FIGURES:
        text = re.sub(pattern, word, text)
    return text.split()


def _lines(transcript: list[Step]) -> Iterator[str]:
    for number, step in enumerate(transcript):
        yield f"echo '{_BETWEEN.format(number)}'"
        if step.typed.file:
            yield f"cat > {step.typed.file} <<'END-OF-FILE'\n{step.typed.text}END-OF-FILE"
        else:
            yield step.typed.text


def _surroundings(folder: Path) -> dict[str, str]:
    """As after the installation: `harvester` is a program."""
    program = folder / ".bin" / "harvester"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harvester "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
