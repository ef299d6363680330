"""How much of the permitted rate is used, and by one large taxon how it goes over time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cases import CASES, SPREAD, write_job
from benchmarks.compare import LATENCY, RATE
from benchmarks.listed import TAXON, listed_genes
from benchmarks.measure import Usage, run
from benchmarks.plot import Line, draw
from benchmarks.watched import Seen, watched

__all__ = ["known_taxa", "long_run", "one_taxon"]

_TAXA = 12
_EACH = 5000


@dataclass(frozen=True, slots=True)
class _Told:
    """What a watched harvest says of itself, and what the sandbox says of it."""

    usage: Usage
    seen: Seen
    lag: float
    records: list[tuple[float, int]]

    def line(self) -> str:
        """Its figures."""
        return (
            f"{len(self.seen.arrivals):,} requests, {self.seen.share(RATE):.1%} of the budget "
            f"from the first to the last, at most {self.seen.busiest()} in any second; "
            f"event-loop lag p99 {self.lag:.1f} ms; {self.usage.wall:.1f} s in all"
        )


def long_run(folder: Path, minutes: float) -> None:
    """Enough small pages for so many minutes: identifiers of genes, numbers only."""
    records = round(minutes * 60 * RATE) * 1000
    job = listed_genes(folder, records, "views")
    with watched([("gene", TAXON, records)], latency=LATENCY, rps=RATE) as sandbox:
        told = _watch(job, sandbox.url, sandbox.seen)
    print(f"\n{records:,} genes by identifier, numbers only\n  {told.line()}", flush=True)


def one_taxon(folder: Path, scale: float, plot: Path | None) -> None:
    """One taxon of genomes, and where it is wanted a picture beside the hand loop."""
    case = CASES[0]
    values = case.values(scale, folder)
    with watched(case.sizes(scale), latency=LATENCY, rps=RATE, cache_mb=512) as sandbox:
        _watch(case.job(values, folder / "warm"), sandbox.url, sandbox.seen)
        told = _watch(case.job(values, folder / "taxon"), sandbox.url, sandbox.seen)
        print(f"\n{case.heading(scale)}\n  {told.line()}", flush=True)
        if plot is None:
            return
        errand = folder / "errand.json"
        case.errand(sandbox.url, values, folder / "hand.duckdb").write(errand)
        hand = run(["-m", "benchmarks.peers.by_hand", str(errand)], folder)
        loop = Line("hand loop", _since(hand, sandbox.seen().records), hand.wall)
    ours = Line("harvester", _since(told.usage, told.records), told.usage.wall)
    plot.write_text(draw((ours, loop), f"{case.heading(scale)}, 600 ms a page"), encoding="utf-8")


def known_taxa(folder: Path, scale: float) -> None:
    """The second night of several taxa, which the lake knows by then."""
    taxa, each = SPREAD[:_TAXA], max(1000, round(_EACH * scale))
    job = write_job("genome", f"taxa: {json.dumps(taxa)}", folder / "known")
    sizes = [("genome", taxon, each) for taxon in taxa]
    with watched(sizes, latency=LATENCY, rps=RATE, cache_mb=512) as sandbox:
        _watch(job, sandbox.url, sandbox.seen)
        told = _watch(job, sandbox.url, sandbox.seen)
    print(f"\nthe second night of {_TAXA} taxa of {each:,} genomes\n  {told.line()}", flush=True)


def _watch(job: Path, url: str, look: Callable[[], Seen]) -> _Told:
    look()
    usage = run(["-m", "benchmarks.lag", str(job), url, str(RATE)], job.parent)
    told = json.loads(usage.output.splitlines()[-1])
    records = [(at, count) for at, count in told["records"]]
    return _Told(usage, look(), told["lag_ms"], records)


def _since(usage: Usage, records: list[tuple[float, int]]) -> list[tuple[float, int]]:
    return [(at - usage.started, count) for at, count in records]
