"""A file built beside the one that it replaces: whole or not at all, and never in its way."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from harvester.errors import LakeError
from harvester.store.lake import sync_file, sync_folder
from harvester.telemetry import get_logger

__all__ = ["built_aside", "place_beside"]

_log = get_logger(__name__)

_LOCK = "lock"


@contextmanager
def built_aside(target: Path) -> Iterator[Path]:
    """The name under which to build; when the block ends well the target is replaced, durably."""
    with place_beside(target) as aside:
        _log.debug("build began")
        yield aside
        _log.debug("database built")
        _replace(aside, Path(os.path.realpath(target)))
        _log.debug("database replaced")


@contextmanager
def place_beside(target: Path) -> Iterator[Path]:
    """A name for a file beside the target, in a hidden folder that goes when the block ends.

    A lock in it tells a build under way from what a killed one left behind, which goes with the
    next build.
    """
    final = Path(os.path.realpath(target))
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        _sweep(final)
        with ExitStack() as held:
            yield _claimed(final, held) / final.name
    except OSError as error:
        raise LakeError(f"cannot build {target}: {error}") from error


def _claimed(final: Path, held: ExitStack) -> Path:
    """A new folder with its lock; one that another build swept before it was locked is none."""
    while True:
        folder = final.with_name(f".{final.name}.{secrets.token_hex(4)}.building")
        folder.mkdir()
        held.callback(shutil.rmtree, folder, ignore_errors=True)
        with suppress(FileNotFoundError):
            lock = held.enter_context((folder / _LOCK).open("wb"))
            fcntl.flock(lock, fcntl.LOCK_EX)
            if (folder / _LOCK).exists():
                return folder


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
    except FileNotFoundError:
        with suppress(OSError):
            folder.rmdir()  # it died before it had its lock, or makes another folder
    except OSError:
        return  # its build lives
