"""What it costs to publish a night: `python -m benchmarks.nightly [--records N] [--nights N]`.

One percent of the rows changes a night: half of that are other values, a quarter new rows, a
quarter rows gone. Each figure is of a process of its own, and of publishing alone.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import structlog

from benchmarks.measure import describe_machine, median, run
from benchmarks.nights import Nights
from benchmarks.served import fetch_all, sandbox
from harvester.publish import TableChange, build_database, read_manifest
from harvester.publish.template import template
from harvester.publish.workbench import KEYS, workbench
from harvester.store.lake import Lake

__all__ = ["main", "nightly"]

_ASSEMBLY = "GCF_000001405.40"
#: Of each resource: the sandbox's size, the path, what a row takes from the request, a text column.
_SERVED = {
    "annotation": (
        f"annotation:{_ASSEMBLY}",
        f"genome/accession/{_ASSEMBLY}/annotation_report",
        (("assembly_accession", _ASSEMBLY),),
        "description",
    ),
    "genome": ("genome:562", "genome/taxon/562/dataset_report", (), "current_accession"),
}
_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Cost:
    """What publishing used: seconds of CPU and of wall clock, mebibytes; the file's mebibytes."""

    cpu: float
    wall: float
    peak: float
    size: float


def main() -> None:
    """Measures, then prints; with `--step` one measurement."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.nightly", description=__doc__)
    options.add_argument("--records", type=int, default=100_000)
    options.add_argument("--nights", type=int, default=1)
    options.add_argument("--resource", choices=list(_SERVED), default="annotation")
    options.add_argument("--step", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.step:
        _hush()
        name, folder = chosen.step
        print(json.dumps(_measured(_STEPS[name], Path(folder))))
        return
    print(describe_machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="harvester-nightly-") as folder:
        nightly(Path(folder), chosen.records, chosen.nights, chosen.resource)


def nightly(folder: Path, records: int, nights: int = 1, name: str = "annotation") -> None:
    """Prints what each step costs with so many rows; the folder is empty."""
    _hush()
    size, path, request, told = _SERVED[name]
    lake = Nights(Lake(folder / "lake"), name, told)
    pages = folder / "pages"
    pages.mkdir()
    with sandbox("--latency", "0", "--rps", "0", "--size", f"{size}={records}") as url:
        fetch_all(f"{url}/{path}", pages)
    rows = lake.harvest(pages, request).rows
    shutil.rmtree(pages)
    costs = {"floor": _step("floor", folder), "first": _step("first", folder)}
    updates = []
    for number in range(2, nights + 2):
        change = lake.night(number, _SHARE)
        updates.append(_step("night", folder))
    costs |= {"night": updates[-1], "anew": _step("anew", folder), "views": _step("views", folder)}
    print(f"\n{rows:,} rows of {name}; a night: {_told(change)}\n")
    _print(costs, costs["first"])
    if nights > 1:
        _print_growth(updates, costs)


def _hush() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def _told(change: TableChange) -> str:
    return f"{change.changed:,} changed, {change.added:,} added, {change.removed:,} removed"


def _step(name: str, folder: Path) -> Cost:
    told = run(["-m", "benchmarks.nightly", "--step", name, str(folder)], folder).output
    return Cost(**json.loads(told))


def _measured(work: Callable[[Path], Path], folder: Path) -> dict[str, float]:
    # Long before it publishes a run has read the schemas, and compared keys with DuckDB; the first
    # database of a release on a machine leaves a template to all that follow.
    for register in ("tables", "views"):
        template(register)
    with workbench("", KEYS):
        pass
    cpu, wall = time.process_time(), time.monotonic()
    file = work(folder)
    return {
        "cpu": time.process_time() - cpu,
        "wall": time.monotonic() - wall,
        "peak": _peak(),
        "size": file.stat().st_size / 2**20,
    }


def _peak() -> float:
    """Of this program: what `getrusage` says is at least what the process had that started it."""
    status = Path("/proc/self/status").read_text()
    (told,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(told.split()[1]) / 1024


def _floor(folder: Path) -> Path:
    """What any program must do with the same files."""
    file, lake = folder / "floor.duckdb", Lake(folder / "lake")
    ((_, state),) = read_manifest(lake).tables.items()
    with duckdb.connect(str(file), config={"threads": 1, "memory_limit": "256MB"}) as connection:
        paths = [lake.path(part.path) for part in state.data]
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"CREATE TABLE t AS FROM read_parquet({paths})")
    return file


def _published(folder: Path, file: str, register: str, *, anew: bool) -> Path:
    lake, target = Lake(folder / "lake"), folder / file
    build_database(lake, read_manifest(lake), target, register=register, anew=anew)
    return target


_STEPS: dict[str, Callable[[Path], Path]] = {
    "floor": _floor,
    "first": lambda folder: _published(folder, "tables.duckdb", "tables", anew=False),
    "night": lambda folder: _published(folder, "tables.duckdb", "tables", anew=False),
    "anew": lambda folder: _published(folder, "anew.duckdb", "tables", anew=True),
    "views": lambda folder: _published(folder, "views.duckdb", "views", anew=False),
}
_TITLES = {
    "floor": "floor: CREATE TABLE AS",
    "first": "first load",
    "night": "a night added to it",
    "anew": "the same, built anew",
    "views": "the same, register: views",
}


def _print(costs: dict[str, Cost], first: Cost) -> None:
    print(f"{'':28}{'CPU s':>9}{'x first':>9}{'wall s':>9}{'peak MiB':>10}{'file MiB':>10}")
    for name, title in _TITLES.items():
        cost = costs[name]
        print(
            f"{title:28}{cost.cpu:9.2f}{cost.cpu / first.cpu:9.3f}{cost.wall:9.2f}"
            f"{cost.peak:10.0f}{cost.size:10.1f}"
        )


def _print_growth(updates: list[Cost], costs: dict[str, Cost]) -> None:
    sizes = ", ".join(f"{cost.size:.1f}" for cost in updates)
    print(f"\nmedian CPU of {len(updates)} nights: {median([cost.cpu for cost in updates]):.2f} s")
    print(f"MiB of the file after each: {sizes}; built anew: {costs['anew'].size:.1f}")


if __name__ == "__main__":
    main()
