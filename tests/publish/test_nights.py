"""Thirty random nights: what the database tells after each is what a plain model says."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from harvester.compaction import Keep, fold_lake
from harvester.publish import Asked, Staged, TableChange, build_database, orphans, write_members
from harvester.publish.leftovers import leftovers
from tests.publish.nights import BY_KEY, QUERIES, Book, Night, Version, World
from tests.publish.place import GOOD, Place, Row, moment

TABLE = "gene"
NIGHTS = 30
#: All of a night's databases: building one whole takes as long as the rest of it.
WHOLE_EVERY = 30
#: After these the lake's files are folded, which changes nothing that is told.
FOLDED_AFTER = {7, 21}
#: What must have happened in those nights for them to say anything.
EVENTS = {
    "added",
    "changed",
    "changed back",
    "removed",
    "returned",
    "seen again",
    "came back by key",
    "all was seen",
    "ended after it was seen again",
}


def _rows(chain: str, keys: set[int], night: Night) -> list[Row]:
    label = GOOD if night.ingest else f"{chain}/0"
    return [
        {"gene_id": key, "description": night.world[key], "_chain": label, "_hash": hash(value)}
        for key in sorted(keys)
        for value in [(key, str(night.world[key]))]
    ]


def _asked(night: Night) -> list[Asked]:
    return [
        _of(query, chain, scopes)
        for query in sorted(night.queries)
        for chain, scopes in QUERIES[query].items()
    ]


def _of(query: str, chain: str, scopes: Sequence[int]) -> Asked:
    values = [str(scope - 200) for scope in scopes]
    if len(scopes) > 1:
        return Asked(chain, query, [*values, None], [*scopes, 0])
    return Asked(chain, query, values, scopes)


def _staged(place: Place, run: str, night: Night, again: set[int]) -> Staged:
    """What arrived, each chain's rows in a part; rows that were asked for by key in one more."""
    parts = [_rows(chain, keys, night) for chain, keys in night.chains.items() if keys]
    if again:
        parts.append(_rows(BY_KEY, again, night))
    paths = place.stage(run, TABLE, *parts)
    labels = {f"{chain}/0" for chain in (*night.chains, BY_KEY)} | {GOOD}
    return place.staged(run, TABLE, paths, labels, _asked(night))


def _harvest(place: Place, book: Book, night: Night) -> None:
    """A run as the conductor has it: walk, ask for what went missing by key, merge, commit."""
    run = place.begin()
    first = _staged(place, run, night, set())
    found = orphans(first, night.settled)
    asked = {int(key) for key in found.column("gene_id").to_pylist() if key is not None}
    assert asked == book.doubtful(night)
    if asked and not night.by_key:
        doubted = set(found.column("query").to_pylist())
        night = dataclasses.replace(night, settled=night.settled - doubted)
        asked = book.doubtful(night) if night.settled else set()
    again = asked & night.world.keys()
    staged = _staged(place, run, night, again) if again else first
    change = _merged(staged, night, asked, place)
    if night.killed:
        change = _merged(staged, night, asked, place)
    place.commit(run, change)
    assert leftovers(place.lake, place.manifest) == []
    book.write(place.runs, night, asked)
    assert change.rows == len(book.current)


def _merged(staged: Staged, night: Night, asked: set[int], place: Place) -> TableChange:
    removed = [{"gene_id": key} for key in sorted(asked)]
    change = place.merge_staged(staged, removed=removed)
    if night.ingest:
        return change
    learned = write_members(staged, night.settled, whole=change.whole)
    return replace(change, files=change.files + learned)


def _sorted(rows: Sequence[Any]) -> list[Any]:
    return sorted(rows, key=str)


def _run(number: int) -> str:
    return f"run{number}"


def _past(version: Version) -> tuple[Any, ...]:
    ended = None if version.ended is None else moment(version.ended)
    return (version.key, version.value, moment(version.seen), moment(version.began), ended)


def _told(file: Path, nights: int) -> dict[str, list[Any]]:
    """What a reader finds."""
    own = "gene_id, description"
    then = " UNION ALL ".join(
        f"SELECT {n} AS night, {own} FROM gene_as_of({_literal(n)})" for n in range(nights + 1)
    )
    queries = {
        "current": f"SELECT {own}, _run_id, _seen_at FROM gene",
        "flat": f"SELECT {own}, _run_id, _seen_at FROM gene_flat",
        "history": f"SELECT {own}, _seen_at, _valid_from, _valid_to FROM gene_history",
        "as of": then,
        "changes": "SELECT run_id, key, change, columns FROM meta.changes",
    }
    with duckdb.connect(str(file), read_only=True) as connection:
        return {name: _sorted(connection.execute(sql).fetchall()) for name, sql in queries.items()}


def _literal(number: int) -> str:
    return f"TIMESTAMP '{moment(number)}'"


def _expected(book: Book, nights: int) -> dict[str, list[Any]]:
    current = [
        (one.key, one.value, _run(one.began), moment(one.seen)) for one in book.current.values()
    ]
    then = [(n, one.key, one.value) for n in range(nights + 1) for one in book.as_of(n)]
    changes = [
        (_run(number), str(key), change, ["description"] if told else None)
        for number, key, change, told in book.changes
    ]
    return {
        "current": _sorted(current),
        "flat": _sorted(current),
        "history": _sorted([_past(one) for one in [*book.past, *book.current.values()]]),
        "as of": _sorted(then),
        "changes": _sorted(changes),
    }


def _compare(place: Place, book: Book, file: Path, what: str) -> None:
    told, expected = _told(file, place.runs), _expected(book, place.runs)
    for name, rows in expected.items():
        assert told[name] == rows, f"{name} of the {what} database after night {place.runs}"


@pytest.mark.timeout(300)
@settings(max_examples=1)
@given(st.integers(0, 2**32))
def test_thirty_nights_are_as_the_model_says(seed: int) -> None:
    """Updated night by night, as views, and built whole from the lake."""
    with tempfile.TemporaryDirectory() as folder:
        place, book, world = Place(Path(folder)), Book(), World(Random(seed))
        updates = 0
        for number in range(1, NIGHTS + 1):
            night = world.night()
            _harvest(place, book, night)
            if night.published or number == NIGHTS:
                updates += place.update()
                _compare(place, book, place.file, "updated")
            if number in FOLDED_AFTER:
                folded = fold_lake(place.lake, [place.file], Keep(), lambda _: None)
                assert {fold.part for fold in folded.plan.folds} >= {"rows", "members", "seen"}
                _compare(place, book, place.file, "folded")
            if number % WHOLE_EVERY == 0:
                for register in ("tables", "views"):
                    whole = place.file.with_name(f"{register}.duckdb")
                    build_database(place.lake, place.manifest, whole, register=register)
                    _compare(place, book, whole, register)
        assert {event for event, times in book.met.items() if times} >= EVENTS
        assert updates > NIGHTS // 2
