"""How long the page of `harvester browse` waits: `python -m benchmarks.browsed [--records N]`.

A harvest of the sandbox is multiplied under other accessions inside its database, and the page's
questions are put to it over HTTP, each several times; the slowest and the median are told.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import duckdb

from benchmarks.measure import describe_machine, median, run
from harvester.browse import serve

__all__ = ["main"]

_JOB = """\
name: browsed
harvest:
  - resource: genome
    taxa: [562]
"""
_N50 = "assembly_stats_contig_n50"
_NAME = {"column": "organism_organism_name", "operator": "contains", "value": "k-12"}
_DIGITS = {"column": "accession", "operator": "contains", "value": "77777"}
_BEST = {"column": _N50, "operator": "at least", "value": "9990000"}
_COUNTS = "SELECT organism.organism_name, count(*) AS rows FROM genome GROUP BY ALL"
#: What is asked, in words and as the page asks it.
_ASKED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "first page of a table": ("rows", {}),
    "page at row 100,000": ("rows", {"offset": 100_000}),
    "page at the last row but 50": ("rows", {"offset": -50}),
    "count": ("count", {}),
    "sorted by one column": ("rows", {"sort": _N50, "descending": True}),
    "text search in one column, first page": ("rows", {"filters": [_NAME]}),
    "text search in one column, count": ("count", {"filters": [_NAME]}),
    "the same where all values differ, count": ("count", {"filters": [_DIGITS]}),
    "a rare number, sorted": ("rows", {"filters": [_BEST], "sort": _N50}),
    "search in all shown columns, count": ("count", {"search": "k-12"}),
    "one row with its past": ("row", {}),
    "a column: figures, histogram": ("column", {"column": _N50}),
    "a column of words": ("column", {"column": "organism_organism_name"}),
    "SQL: rows by species": ("sql", {"sql": _COUNTS}),
}
#: What is remembered as long as the file is, and so asked once.
_FIRST = {
    "opening a table, the first time": "table",
    "its columns with fill and example, the first time": "filled",
    "changes of each night, the first time": "changes",
}


def main() -> None:
    """Makes the database where it is not there yet, asks, prints."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.browsed", description=__doc__)
    options.add_argument("--records", type=int, default=3_000_000)
    options.add_argument("--repeat", type=int, default=5)
    options.add_argument("--database", type=Path, help="one that was made before")
    chosen = options.parse_args()
    print(describe_machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="harvester-browsed-") as folder:
        file = chosen.database or _made(Path(folder), chosen.records)
        asyncio.run(_measured(file, chosen.repeat))


def _made(folder: Path, records: int) -> Path:
    (folder / "job.yaml").write_text(_JOB)
    words = ["run", "--sandbox", "job.yaml", "--rps", "1000"]
    run(["-m", "harvester", *words], folder, quiet=True)
    file = folder / "data" / "harvest.duckdb"
    with duckdb.connect(str(file)) as connection:
        ((there,),) = connection.execute("SELECT count(*) FROM genome").fetchall()
        connection.execute("CREATE TEMP TABLE base AS FROM genome")
        connection.execute(
            "INSERT INTO genome BY NAME SELECT base.* REPLACE ("
            "base.accession || '.' || i AS accession, struct_update(assembly_stats, contig_n50 := "
            "CAST(hash(base.accession, i) % 10000000 AS BIGINT)) AS assembly_stats) "
            "FROM range(1, ?) AS r(i), base",
            [records // there],
        )
        connection.execute(
            "INSERT INTO meta.changes BY NAME SELECT _run_id AS run_id, 'genome' AS table_name, "
            "accession AS key, 'added' AS change FROM genome"
        )
    return file


async def _measured(file: Path, repeat: int) -> None:
    async with serve(file) as url, aiohttp.ClientSession(url) as session:
        overview = await _timed(session, "overview", None, repeat)
        rows = next(one["rows"] for one in overview["tables"] if one["name"] == "genome")
        print(f"{rows:,} genomes, {overview['bytes'] / 2**20:,.0f} MiB\n")
        print("| | median s | slowest s |\n| --- | --- | --- |")
        for words, what in _FIRST.items():
            await _timed(session, what, {"table": "genome"}, 1, words)
        known = await _timed(session, "table", {"table": "genome"}, 1)
        shown = {"table": "genome", "columns": known["shown"]}
        for words, (what, asked) in _ASKED.items():
            question = {**shown, **asked}
            if question.get("offset", 0) < 0:
                question["offset"] += rows
            if what == "row":
                page = await _timed(session, "rows", shown, 1)
                question["key"] = page["keys"][0]
            await _timed(session, what, question, repeat, words)


async def _timed(
    session: aiohttp.ClientSession,
    what: str,
    question: Mapping[str, Any] | None,
    repeat: int,
    words: str = "",
) -> dict[str, Any]:
    """The answer; how long it took is printed where there are words for it."""
    seconds = []
    told: dict[str, Any] = {}
    for _ in range(repeat):
        began = time.monotonic()
        method = "GET" if question is None else "POST"
        async with session.request(method, f"answers/{what}", json=question) as reply:
            told = await reply.json()
        seconds.append(time.monotonic() - began)
    assert "error" not in told, told["error"]  # noqa: S101 - a figure of an error would be none
    if words:
        print(f"| {words} | {median(seconds):.2f} | {max(seconds):.2f} |", flush=True)
    return told


if __name__ == "__main__":
    main()
