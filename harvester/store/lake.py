"""The one place that touches the lake's files; the rest of the program names them relatively."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

import pyarrow as pa
from pyarrow import fs

from harvester.errors import LakeError
from harvester.telemetry import get_logger

__all__ = ["Lake", "make_folder", "sync_file", "sync_folder"]

_log = get_logger(__name__)


class Lake:
    """A folder of immutable files: each appears whole, under its final name, or not at all."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root).absolute()
        self.files: fs.FileSystem = fs.LocalFileSystem()

    def path(self, relative: str) -> str:
        """The name by which pyarrow and DuckDB open a file of the lake."""
        return str(self.root / PurePosixPath(relative))

    def exists(self, relative: str) -> bool:
        """Whether the file is there."""
        return bool(self.files.get_file_info(self.path(relative)).type != fs.FileType.NotFound)

    def size(self, relative: str) -> int:
        """The file's size in bytes."""
        return int(self.files.get_file_info(self.path(relative)).size or 0)

    def list(self, folder: str) -> list[str]:
        """The files below a folder, as relative names in order."""
        selector = fs.FileSelector(self.path(folder), allow_not_found=True, recursive=True)
        found = (info.path for info in self.files.get_file_info(selector) if info.is_file)
        return sorted(PurePosixPath(Path(path).relative_to(self.root)).as_posix() for path in found)

    def read(self, relative: str) -> bytes | None:
        """The whole file, or None where there is none."""
        try:
            with self.files.open_input_stream(self.path(relative)) as stream:
                return bytes(stream.read())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LakeError(f"cannot read {self.path(relative)}: {error}") from error

    def write(self, relative: str, data: bytes) -> None:
        """Writes a file whole and durably: a reader sees the old one or the new one."""
        with self.create(relative) as sink:
            sink.write(data)

    @contextmanager
    def create(self, relative: str) -> Iterator[pa.NativeFile]:
        """Opens a new file aside; it takes its name, durably, when the block ends well."""
        final = Path(self.path(relative))
        aside = final.with_name(f".{final.name}.tmp")
        try:
            make_folder(final.parent)
            with self.files.open_output_stream(str(aside)) as sink:
                yield sink
            sync_file(aside)
            _log.debug("file aside", path=relative)
            aside.replace(final)
            sync_folder(final.parent)
            _log.debug("file written", path=relative)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise LakeError(f"cannot write {final}: {error}") from error
        except BaseException:
            aside.unlink(missing_ok=True)
            raise

    def delete(self, relative: str) -> None:
        """Removes a file; one that is gone already is no error."""
        try:
            Path(self.path(relative)).unlink(missing_ok=True)
        except OSError as error:
            raise LakeError(f"cannot remove {self.path(relative)}: {error}") from error
        _log.debug("file deleted", path=relative)

    def delete_empty(self, relative: str) -> None:
        """Removes a folder and those in it as far as they hold no file."""
        root = Path(self.path(relative))
        for folder, _, _ in os.walk(root, topdown=False):
            with suppress(OSError):
                Path(folder).rmdir()

    def delete_folder(self, relative: str) -> None:
        """Removes a folder with all that is in it."""
        shutil.rmtree(self.path(relative), ignore_errors=True)


def make_folder(path: Path) -> None:
    """Makes a folder, and those above it that are missing, each durably."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Waits until the file's bytes are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Waits until the folder's names are on the disk."""
    sync_file(path)
