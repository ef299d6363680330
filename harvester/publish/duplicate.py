"""A file's bytes under a second name: shared where the file system can, else copied."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["duplicate"]

_PIECE = 2**30


def duplicate(source: Path, target: Path) -> int:
    """Copies a file; gives the source's time of change (in nanoseconds) when that was done."""
    with source.open("rb") as old, target.open("wb") as new:
        with suppress(OSError):  # not every file system can; what is left then is copied here
            _inside_the_kernel(old.fileno(), new.fileno())
        shutil.copyfileobj(old, new, 2**20)
        return os.fstat(old.fileno()).st_mtime_ns


def _inside_the_kernel(old: int, new: int) -> None:
    if sys.platform == "linux":
        while os.copy_file_range(old, new, _PIECE):
            pass
