"""The harvester beside its peers: wall time, CPU and peak memory over the same sandbox."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

from benchmarks.cases import Case
from benchmarks.harvest import harvest
from benchmarks.measure import Usage, median, run
from benchmarks.watched import Watched, watched

__all__ = ["LATENCY", "RATE", "compare"]

RATE = 10
#: A small answer takes this long, and a page of 1000 two and a half times it: 600 ms.
LATENCY = 0.24
_OURS = "harvester"


@dataclass(frozen=True, slots=True)
class Peer:
    """Something else that brings the same records into DuckDB."""

    title: str
    module: str
    needs: str
    table: str
    slow: bool
    words: tuple[str, ...] = ()
    most: float = inf

    @property
    def installed(self) -> bool:
        """Whether its package is here."""
        return importlib.util.find_spec(self.needs) is not None

    def runs(self, mebibytes: float, repeat: int, slow: int) -> int:
        """How often it brings so much."""
        if not self.installed or mebibytes > self.most:
            return 0
        return slow if self.slow else repeat


PEERS = (
    Peer("hand loop", "by_hand", "requests", "{}", slow=False),
    Peer("NCBI's client", "client", "ncbi", "{}", slow=True),
    # Its INSERT statements take a quarter of a GiB of memory for each MiB of NDJSON.
    Peer("dlt as it comes", "dlt_rest", "dlt", "ncbi.{}", slow=True, most=45),
    Peer("dlt, told to load Parquet", "dlt_rest", "dlt", "ncbi.{}", slow=True, words=("parquet",)),
)
_Runs = dict[str, list[Usage]]


def compare(folder: Path, cases: Sequence[Case], scale: float, repeat: int, slow: int) -> None:
    """Prints a table for each case; the slower peers run `slow` times."""
    print(f"\n{RATE} requests/s, 600 ms a page of 1000; x: the peer's figure over the harvester's")
    for case in cases:
        with watched(case.sizes(scale), latency=LATENCY, rps=RATE, cache_mb=512) as sandbox:
            runs = _runs(_Place(folder, case, scale, sandbox), repeat, slow)
        _print(case.heading(scale), case.pages(scale) / RATE, runs)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a case is run."""

    folder: Path
    case: Case
    scale: float
    sandbox: Watched

    def once(self, values: tuple[str, ...], peer: Peer | None) -> Usage:
        """One run from nothing to a database with all rows."""
        here = self.folder / "run"
        here.mkdir()
        table = self.case.resource
        if peer is None:
            usage = harvest(self.case.job(values, here / "bench"), self.sandbox.url, RATE)
        else:
            table = peer.table.format(table)
            errand = here / "errand.json"
            self.case.errand(self.sandbox.url, values, here / "bench.duckdb").write(errand)
            module = f"benchmarks.peers.{peer.module}"
            usage = run(["-m", module, str(errand), *peer.words], here)
        self._check(here / "bench.duckdb", table, peer.title if peer else _OURS)
        shutil.rmtree(here)
        return usage

    def _check(self, database: Path, table: str, who: str) -> None:
        rows = int(run(["-m", "benchmarks.rows", str(database), table], self.folder).output)
        if rows != self.case.total(self.scale):
            print(f"WRONG: {who} brought {rows:,} rows, not {self.case.total(self.scale):,}")


def _runs(place: _Place, repeat: int, slow: int) -> _Runs:
    """Rounds of all, in turn, after one that nobody times and that fills the sandbox's memory."""
    values = place.case.values(place.scale, place.folder)
    place.once(values, None)
    runs: _Runs = {}
    for number in range(repeat):
        runs.setdefault(_OURS, []).append(place.once(values, None))
        for peer in PEERS:
            if number < peer.runs(place.case.mebibytes(place.scale), repeat, slow):
                runs.setdefault(peer.title, []).append(place.once(values, peer))
    return runs


def _print(heading: str, least: float, runs: _Runs) -> None:
    print(f"\n{heading + f', pages / rate {least:.1f} s':52}{'wall s':>8}{'x':>7}", end="")
    print(f"{'CPU s':>8}{'x':>7}{'peak MiB':>10}{'x':>7}{'runs':>6}")
    ours = runs[_OURS]
    for title in (_OURS, *(peer.title for peer in PEERS)):
        if title in runs:
            cells = _cells(runs[title], ours)
            print(f"  {title:50}{cells}{len(runs[title]):6}", flush=True)
        else:
            print(f"  {title:50}not run", flush=True)


def _cells(theirs: list[Usage], ours: list[Usage]) -> str:
    return (
        _cell(theirs, ours, lambda usage: usage.wall, "8.1f")
        + _cell(theirs, ours, lambda usage: usage.cpu, "8.1f")
        + _cell(theirs, ours, lambda usage: usage.peak, "10.0f")
    )


def _cell(
    theirs: list[Usage], ours: list[Usage], figure: Callable[[Usage], float], form: str
) -> str:
    """The median, and the median of the ratios of runs of one round."""
    pairs = zip(theirs, ours, strict=False)
    ratio = median([figure(one) / figure(other) for one, other in pairs])
    return f"{median([figure(usage) for usage in theirs]):{form}}{ratio:7.2f}"
