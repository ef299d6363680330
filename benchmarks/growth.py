"""How cost grows with size, as fast as the machine can: of what is asked, and of what is named.

Ten chains for ten workers are walked as they are.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.cases import write_job
from benchmarks.harvest import UNLIMITED, disk, harvest
from benchmarks.listed import TAXON, listed_genes
from benchmarks.measure import Usage, median
from benchmarks.watched import watched

__all__ = ["growth"]

#: What a run used, and the mebibytes that it left.
_Run = tuple[Usage, float]

_ASSEMBLIES = (
    "GCF_000001405.40", "GCF_000005845.2", "GCF_000001635.27", "GCF_000002985.6",
    "GCF_000146045.2", "GCF_000001215.4", "GCF_000002035.6", "GCF_000001735.4",
    "GCF_015227675.2", "GCF_009914755.1",
)  # fmt: skip


def growth(folder: Path, sizes: Sequence[int], repeat: int) -> None:
    """Prints a row for each size; the second column of peaks is against the size before."""
    print("\nno limit, no latency: features of ten annotations, `register: tables`")
    _table(sizes, lambda size: _features(folder, size, repeat))
    print("\nno limit, no latency: genes that the job names one by one, `register: views`")
    _table(sizes, lambda size: _listed(folder, size, repeat))


def _table(sizes: Sequence[int], measured: Callable[[int], list[_Run]]) -> None:
    print(f"  {'records':>12}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}{'x':>7}{'disk MiB':>10}")
    before = 0.0
    for size in sizes:
        runs = measured(size)
        peak = median([usage.peak for usage, _ in runs])
        print(
            f"  {size:12,}{median([usage.wall for usage, _ in runs]):9.1f}"
            f"{median([usage.cpu for usage, _ in runs]):9.1f}{peak:10.0f}"
            f"{f'{peak / before:.2f}' if before else '':>7}{runs[0][1]:10.0f}",
            flush=True,
        )
        before = peak


def _features(folder: Path, size: int, repeat: int) -> list[_Run]:
    held = [("annotation", one, size // len(_ASSEMBLIES)) for one in _ASSEMBLIES]
    chosen = f"accessions: {json.dumps(_ASSEMBLIES)}"
    with watched(held, latency=0, rps=0, cache_mb=512) as sandbox:
        return [
            _once(folder, sandbox.url, lambda here: write_job("annotation", chosen, here / "job"))
            for _ in range(repeat)
        ]


def _listed(folder: Path, size: int, repeat: int) -> list[_Run]:
    with watched([("gene", TAXON, size)], latency=0, rps=0, cache_mb=512) as sandbox:
        return [
            _once(folder, sandbox.url, lambda here: listed_genes(here, size, "views"))
            for _ in range(repeat)
        ]


def _once(folder: Path, url: str, write: Callable[[Path], Path]) -> _Run:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        job = write(Path(name))
        used = harvest(job, url, UNLIMITED, concurrency=len(_ASSEMBLIES))
        return used, disk(job.with_suffix(""))
