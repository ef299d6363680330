"""The machine: Python and its packages, memory, room on the disks."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from harvester import __version__
from harvester.doctor.finding import Finding
from harvester.summary import size

__all__ = ["NEEDED", "examine_machine", "examine_room"]

_OLDEST, _NEWEST = (3, 11), (3, 13)
#: What the harvester is made with, and since which release; as pyproject.toml says.
NEEDED = {
    "aiohttp": "3.12",
    "aiolimiter": "1.2",
    "click": "8.2",
    "cronsim": "2.6",
    "duckdb": "2.0",
    "isal": "1.7",
    "jinja2": "3.1.6",
    "msgspec": "0.19",
    "prometheus-client": "0.22",
    "pyarrow": "20",
    "pyyaml": "6.0.2",
    "rich": "14",
    "structlog": "25.1",
    "xxhash": "3.5",
    "yarl": "1.20",
}
_REPAIR = "install the harvester anew: `make run` in its folder, or `pip install .`"
#: Bytes: a million rows need about half a gigabyte, and a copy of a database its size once more.
_LITTLE_MEMORY, _SCARCE_MEMORY = 1_000_000_000, 500_000_000
_LITTLE_ROOM, _SCARCE_ROOM = 2_000_000_000, 500_000_000
#: Where a container is told how much memory it may have.
_CONTAINER = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def examine_machine() -> Iterator[Finding]:
    """Python, packages, memory."""
    yield _python()
    yield _packages()
    yield _memory()


def examine_room(places: Iterable[Path]) -> Iterator[Finding]:
    """The disks that hold these places, each once."""
    disks: dict[int, Path] = {}
    for place in places:
        there = _there(place)
        disks.setdefault(there.stat().st_dev, there)
        if not os.access(there, os.W_OK | os.X_OK if there.is_dir() else os.W_OK):
            advice = "choose another place with --lake or --database, or ask who owns it"
            yield Finding("disk", "wrong", f"{there} cannot be written to", advice)
    yield from map(_room, disks.values())


def _python() -> Finding:
    told = f"Python {sys.version.split()[0]}, harvester {__version__}"
    if _OLDEST <= sys.version_info[:2] <= _NEWEST:
        return Finding("python", "fine", told)
    return Finding("python", "wrong", told, "the harvester needs Python 3.11, 3.12 or 3.13")


def _packages() -> Finding:
    faults = [fault for name, least in NEEDED.items() if (fault := _fault(name, least))]
    if faults:
        return Finding("packages", "wrong", "; ".join(faults), _REPAIR)
    told = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pyarrow", "aiohttp"))
    return Finding("packages", "fine", f"{len(NEEDED)} packages as needed ({told})")


def _fault(name: str, least: str) -> str:
    try:
        there = version(name)
    except PackageNotFoundError:
        return f"{name} is missing"
    return f"{name} {there} is older than {least}" if _parts(there) < _parts(least) else ""


def _parts(release: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", release)[:3]))


def _memory() -> Finding:
    free = _free_memory()
    if free is None:
        return Finding("memory", "skipped", "this system does not say how much is free")
    told = f"{size(free)} free"
    if free < _SCARCE_MEMORY:
        return Finding("memory", "wrong", told, "a run needs about 500 MB: end other programs")
    if free < _LITTLE_MEMORY:
        return Finding("memory", "look", told, "enough for small jobs; large ones want 1 GB")
    return Finding("memory", "fine", told)


def _free_memory() -> int | None:
    """Bytes that a program may still take, as far as the system tells."""
    text = _text("/proc/meminfo")
    found = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    limits = (_text(path).strip() for path in _CONTAINER)
    bounds = [int(limit) for limit in limits if limit.isdigit()]
    return min([int(found[1]) * 1024, *bounds]) if found else None


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


def _there(place: Path) -> Path:
    """The place itself, or the folder in which it would be made."""
    place = place.absolute()
    while not place.exists():
        place = place.parent
    return place


def _room(place: Path) -> Finding:
    free = shutil.disk_usage(place).free
    told = f"{size(free)} free for {place}"
    if free < _SCARCE_ROOM:
        return Finding("disk", "wrong", told, "make room: a database is built beside the old one")
    if free < _LITTLE_ROOM:
        advice = "see what a job takes with `harvester plan`; `harvester compact` makes lakes small"
        return Finding("disk", "look", told, advice)
    return Finding("disk", "fine", told)
