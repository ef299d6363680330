"""Lakes to break: runs in processes of their own, and what must hold of what they leave behind."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import duckdb
from click.testing import CliRunner

from harvester.cli.status import status
from harvester.publish import read_manifest
from harvester.runpage import page_of
from harvester.sandbox import SandboxConfig, Size, serve_in_thread
from harvester.store.lake import Lake
from tests.crash.child import STEPS, Step, work
from tests.digests import digest_of
from tests.forked import alone, beside

__all__ = [
    "JOB",
    "TABLES",
    "Lab",
    "State",
    "digests",
    "ended",
    "night",
    "sandbox",
]

TABLES = ("genome", "annotation", "gene")
JOB = """\
name: crash
harvest:
  - resource: genome
    taxa: [562, 9443]
  - resource: annotation
    accessions: [GCF_000005845.2]
  - resource: gene
    ids: [672, 7157, 3105, 999999999]
"""
#: What differs from run to run although the same was harvested.
_VOLATILE = {
    **dict.fromkeys(TABLES, ("_run_id", "_fetched_at", "_seen_at")),
    **{f"{table}_history": ("_run_id", "_fetched_at", "_seen_at", "_valid_from", "_valid_to")
       for table in TABLES},
    **{f"meta.{name}": ("run_id",) for name in ("queries", "items", "changes", "messages")},
    "meta.drift": ("run_id", "first_seen", "sample"),
}  # fmt: skip
_FIGURES = "job, status, records, duplicates, quarantined, unmodelled_fields, missing, failed"

#: No process takes longer, on a slow and busy machine.
_PATIENCE = 50

State = dict[str, tuple[int, int]]


def night(
    number: int = 0, *, faults: str = "", latency: float = 0.02, pages: int = 2
) -> SandboxConfig:
    """A night of so many `pages`: each time a few records more, and every two nights others."""
    most = 1000 * (pages - 1)
    sizes = (
        Size("genome", "562", most + 100 + 100 * number),
        Size("annotation", "GCF_000005845.2", 2 * most + 100 + 50 * number),
    )
    seed = 1 + number // 2 % 2
    return SandboxConfig(rps=0, latency=latency, seed=seed, sizes=sizes, faults=faults)


sandbox = serve_in_thread


@dataclass
class Lab:
    """A folder with a job, a lake and a database."""

    folder: Path
    job: str = JOB

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True, parents=True)
        (self.folder / "job.yaml").write_text(self.job)

    @property
    def database(self) -> Path:
        return self.folder / "data/harvest.duckdb"

    @property
    def lake(self) -> Path:
        return self.folder / "data/lake"

    def start(self, *words: str, step: Step | None = None, room: int = 0) -> ForkServerProcess:
        """Starts `harvester WORDS`."""
        orders = (self.folder, words, step, room)
        process = beside.Process(target=work, args=orders, daemon=True)
        with alone:
            process.start()
        return process

    def do(self, *words: str, step: Step | None = None, room: int = 0) -> int:
        """Does `harvester WORDS` to its end, which may be a signal: then below 0."""
        process = self.start(*words, step=step, room=room)
        assert ended(process), f"{words} does not end"
        assert process.exitcode is not None
        return process.exitcode

    def run_words(self, url: str, *flags: str, job: str = "job.yaml") -> tuple[str, ...]:
        pace = ("--rps", "1000", "--concurrency", "2")
        return ("run", job, "--base-url", url, *pace, *STEPS, *flags)

    def run(self, url: str, *flags: str, step: Step | None = None) -> int:
        """A run, to its end or to the step."""
        return self.do(*self.run_words(url, *flags), step=step)

    def complete(self, url: str, *flags: str) -> dict[str, Any]:
        """A run that nobody disturbs; gives its summary."""
        assert self.run(url, "--json", *flags) == 0, self.said
        summary: dict[str, Any] = json.loads((self.folder / "out.txt").read_text())
        return summary

    @property
    def said(self) -> str:
        """What the last process wrote to stderr."""
        return (self.folder / "err.txt").read_text()

    def status(self) -> list[dict[str, Any]]:
        """What `harvester status` lists."""
        with alone:  # what is printed meanwhile, by whatever thread, would be taken for its answer
            done = CliRunner().invoke(status, ["--json", "--lake", str(self.lake)])
        assert done.exit_code == 0, done.output
        return [json.loads(line) for line in done.stdout.splitlines()]

    def state(self, relations: Sequence[str] = tuple(_VOLATILE)) -> State | None:
        """Of each relation the rows and a digest of them; None where there is no database."""
        if not self.database.exists():
            return None
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return digests(connection, relations)

    def ask(self, sql: str) -> list[Any]:
        """What the database answers."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def figures(self) -> list[Any]:
        """What `meta.runs` says of each run, but for what depends on the clock."""
        return self.ask(f"SELECT {_FIGURES} FROM meta.runs ORDER BY started_at")

    def strays(self) -> set[str]:
        """Files that neither the manifest names nor anybody should find in their place."""
        place = Lake(self.lake)
        manifest = read_manifest(place)
        reports = {page_of(run.run_id) for run in manifest.runs}
        named = {"manifest.json", ".lock", *manifest.paths(), *reports}
        around = {path.name for path in self.database.parent.iterdir()}
        return (set(place.list("")) - named) | (around - {"harvest.duckdb", "lake"})


def ended(process: ForkServerProcess, patience: float = _PATIENCE) -> bool:
    """Whether a process comes to its end within so many seconds."""
    over = bool(wait([process.sentinel], patience))
    if over:
        with alone:
            process.join()
    return over


def digests(
    connection: duckdb.DuckDBPyConnection, relations: Sequence[str] = tuple(_VOLATILE)
) -> State:
    """Of each relation the rows and a digest of them."""
    return {name: _rows_and_digest(connection, name) for name in relations}


def _rows_and_digest(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[int, int]:
    over = "_valid_to IS NULL AS current, " if name.endswith("_history") else ""
    rows = f"SELECT {over}* EXCLUDE ({', '.join(_VOLATILE[name])}) FROM {name}"
    return digest_of(connection, rows)
