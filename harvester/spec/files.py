"""Text files that a user wrote: read whole, as UTF-8, up to a size."""

from __future__ import annotations

import codecs
from pathlib import Path

from harvester.errors import Fault, SpecError
from harvester.spec.names import nearest

__all__ = ["read_file"]


def read_file(path: Path, limit: int) -> str:
    """The text without its byte order mark; a `SpecError` says why it cannot be read."""
    data = _bytes(path, limit)
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        fault = Fault("not a text file in UTF-8", str(path), line, column)
        raise SpecError((fault,)) from None


def _bytes(path: Path, limit: int) -> bytes:
    try:
        if _may_wait_for_ever(path):
            raise _unreadable(path, "is a pipe or a device, not a file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError:
        raise _unreadable(path, "there is no such file", _beside(path)) from None
    except IsADirectoryError:
        raise _unreadable(path, "is a folder, not a file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(path, f"cannot be read: {reason}") from None
    if len(data) > limit:
        raise _unreadable(path, f"is larger than {limit // 2**20} MB")
    return data


def _may_wait_for_ever(path: Path) -> bool:
    """Whether nobody may ever write what would be read; a shell's own pipes have a writer."""
    special = path.is_fifo() or path.is_char_device() or path.is_socket()
    return special and not str(path).startswith(("/dev/fd/", "/dev/stdin"))


def _beside(path: Path) -> str:
    """The file in the same folder that may have been meant."""
    try:
        names = [one.name for one in path.parent.iterdir() if one.is_file()]
    except OSError:
        return f"there is no folder {str(path.parent)!r}"
    close = nearest(path.name, names)
    return f"did you mean {close!r}?" if close else ""


def _unreadable(path: Path, message: str, hint: str = "") -> SpecError:
    return SpecError((Fault(message, str(path), hint=hint),))
