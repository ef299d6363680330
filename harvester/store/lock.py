"""One writer a lake: a lock that the operating system drops when its holder dies.

`flock` is sound on local disks and on NFS 4; on file systems that ignore it (some FUSE and SMB
mounts) two machines could write at once, which docs/operation.md says.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from harvester.errors import LakeError, LakeLocked
from harvester.store.lake import Lake

__all__ = ["hold"]


@contextmanager
def hold(lake: Lake) -> Iterator[None]:
    """Holds the lake for this process, or says who does."""
    path = Path(lake.path(".lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        message = f"cannot use the lake {lake.root}: {error.strerror}"
        raise LakeError(message) from error
    try:
        _take(handle, lake)
        yield
    finally:
        os.close(handle)


def _take(handle: int, lake: Lake) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        message = f"another run holds the lake {lake.root}: {_holder(handle)}"
        raise LakeLocked(message) from error
    me = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    os.truncate(handle, 0)
    os.pwrite(handle, json.dumps(me).encode(), 0)


def _holder(handle: int) -> str:
    try:
        who = json.loads(os.pread(handle, 4096, 0))
        return f"process {who['pid']} on {who['host']} since {who['since']}"
    except (ValueError, KeyError, TypeError):
        return "its holder left no name"
