"""A file built beside the one that it replaces: whole or not at all, and never in its way."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harvester.errors import LakeError
from harvester.store.lake import sync_file, sync_folder

__all__ = ["built_aside"]

_LOCK = "lock"


@contextmanager
def built_aside(target: Path) -> Iterator[Path]:
    """The name under which to build; when the block ends well the target is replaced, durably.

    All happens in a hidden folder beside the target. A lock in it tells a build under way from what
    a killed one left behind, which goes with the next build.
    """
    final = Path(os.path.realpath(target))
    folder = final.with_name(f".{final.name}.{secrets.token_hex(4)}.building")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        _sweep(final)
        folder.mkdir()
        with (folder / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder / final.name
            _replace(folder / final.name, final)
    except OSError as error:
        raise LakeError(f"cannot build {target}: {error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _replace(new: Path, final: Path) -> None:
    sync_file(new)
    new.replace(final)
    sync_folder(final.parent)


def _sweep(final: Path) -> None:
    """Removes what builds left behind that died."""
    prefix, suffix = f".{final.name}.", ".building"
    for entry in os.scandir(final.parent):
        if entry.name.startswith(prefix) and entry.name.endswith(suffix):
            _remove_if_dead(Path(entry.path))


def _remove_if_dead(folder: Path) -> None:
    try:
        with (folder / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return  # its build lives, or is only just beginning
