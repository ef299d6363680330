"""One writer a lake: a lock that the operating system drops when its holder dies.

`flock` is sound on local disks and on NFS 4; on file systems that ignore it (some FUSE and SMB
mounts) two machines could write at once, which docs/operation.md says.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from harvester.errors import HarvesterError, LakeError, LakeLocked
from harvester.store.lake import Lake, make_folder
from harvester.telemetry import get_logger

__all__ = ["hold", "holder"]

_log = get_logger(__name__)

_NAME = ".lock"
_TAKEN = frozenset({errno.EAGAIN, errno.EACCES})
#: Where Linux says when a process began, in ticks since the machine did.
_BEGAN = 19


@contextmanager
def hold(lake: Lake, job: str = "") -> Iterator[None]:
    """Holds the lake for this process, or says who does."""
    try:
        handle = _taken(lake)
    except OSError as error:
        message = f"cannot use the lake {lake.root}: {error.strerror}"
        raise LakeError(message) from error
    try:
        _sign(handle, lake, job)
        _log.debug("lock taken")
        yield
    finally:
        os.close(handle)


def holder(lake: Lake) -> str:
    """Who holds the lake at this moment; nothing where nobody does, or nobody can tell.

    To ask is to hold it for an instant, together with others who ask.
    """
    try:
        handle = os.open(lake.path(_NAME), os.O_RDONLY)
    except OSError:
        return ""
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return _holder(handle) if error.errno in _TAKEN else ""
    finally:
        os.close(handle)
    return ""


def _taken(lake: Lake) -> int:
    """The lock file, open and locked, and still the one that others will find."""
    path = Path(lake.path(_NAME))
    make_folder(path.parent)
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(handle, lake)
            if _is_at(handle, path):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # somebody deleted the file meanwhile: a lock on it locks nothing


def _lock(handle: int, lake: Lake) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise _refusal(error, lake, _holder(handle)) from error


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _refusal(error: OSError, lake: Lake, holder: str) -> HarvesterError:
    """Either another run has the lock, or nobody can have one here."""
    if error.errno in _TAKEN:
        return LakeLocked(
            f"another run holds the lake {lake.root}: {holder}; "
            "wait for it, stop it, or give this job a lake of its own"
        )
    return LakeError(
        f"the file system of the lake {lake.root} knows no locks ({error.strerror}), "
        "so nothing would keep two runs apart: put the lake on a local disk or on NFS 4"
    )


def _sign(handle: int, lake: Lake, job: str) -> None:
    """Says who holds the lake; only the lock itself counts, this is for people."""
    me = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "started": _process_began(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "job": job,
    }
    try:
        os.truncate(handle, 0)
        os.pwrite(handle, json.dumps(me).encode(), 0)
    except OSError as error:
        message = f"cannot write to the lake {lake.root}: {error.strerror}"
        raise LakeError(message) from error


def _holder(handle: int) -> str:
    try:
        who = json.loads(os.pread(handle, 4096, 0))
        job = f", job {who['job']}" if who["job"] else ""
        started = f" (started {who['started']})" if who["started"] else ""
        return f"process {who['pid']} on {who['host']}{started} since {who['since']}{job}"
    except (OSError, ValueError, KeyError, TypeError):
        return "its holder left no name"


def _process_began() -> str | None:
    """When the system started this process: tells it from a later one with the same number."""
    try:
        booted = next(
            int(line.split()[1])
            for line in Path("/proc/stat").read_text().splitlines()
            if line.startswith("btime ")
        )
        own = Path("/proc/self/stat").read_text()
        ticks = int(own.rpartition(")")[2].split()[_BEGAN])
    except (OSError, StopIteration, ValueError, IndexError):
        return None  # not Linux
    began = booted + ticks / os.sysconf("SC_CLK_TCK")
    return datetime.fromtimestamp(began, UTC).isoformat(timespec="seconds")
