"""When a row was last received: told by what runs saw, and nothing is written again for it."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from harvester.publish import Asked, TableState, write_manifest, write_members
from tests.publish.contents import contents, rebuilt
from tests.publish.place import GOOD, Place, Row, moment

FIRST = [{"accession": key, "submitter": "first"} for key in ("A1", "A2", "A3")]
NOTED = "SELECT accession, _run_id, _seen_at FROM genome ORDER BY ALL"


def _night(place: Place, rows: list[Row], *scopes: int, settled: bool = True) -> None:
    """A run that asks these questions together, each of which all rows answer."""
    run = place.begin()
    parts = place.stage(run, "genome", rows)
    asked = [Asked("q.0", "q", [str(scope)], [scope]) for scope in scopes]
    staged = place.staged(run, "genome", parts, [GOOD], asked)
    change = place.merge_staged(staged)
    learned = write_members(staged, {"q"} if settled else set(), whole=change.whole)
    place.commit(run, replace(change, files=change.files + learned))


def _seen(place: Place) -> list[dict[str, Any]]:
    """What the last run noted."""
    file = place.manifest.table("genome").seen[-1]
    rows: list[dict[str, Any]] = pq.read_table(place.lake.path(file.path)).to_pylist()
    return rows


def test_a_night_without_change_is_one_line(place: Place) -> None:
    _night(place, FIRST, 1)
    place.build()
    _night(place, FIRST, 1)
    place.update()
    files = [file.run_id for file in place.manifest.table("genome").data]
    assert files == ["run1"]
    assert [row["what"] for row in _seen(place)] == ["table"]
    assert place.ask(NOTED) == [(row["accession"], "run1", moment(2)) for row in FIRST]
    assert contents(place.file, place.runs) == rebuilt(place)


def test_questions_are_spelled_out_once(place: Place) -> None:
    _night(place, [{"accession": "B"}], 9)
    for _ in range(2):
        _night(place, FIRST, 1, 2)
    told = [[row["what"] for row in rows] for rows in (_spelled(place, 1), _seen(place))]
    assert told == [["question", "question", "questions"], ["questions"]]
    place.build()
    noted = [(row["accession"], "run2", moment(3)) for row in FIRST]
    assert place.ask(NOTED) == [*noted, ("B", "run1", moment(1))]


def _spelled(place: Place, number: int) -> list[dict[str, Any]]:
    file = place.manifest.table("genome").seen[number]
    rows: list[dict[str, Any]] = pq.read_table(place.lake.path(file.path)).to_pylist()
    return sorted(rows, key=lambda row: str(row["what"]))


@pytest.mark.parametrize("register", ["tables", "views"])
def test_a_query_that_did_not_end_saw_what_it_brought(register: str, place: Place) -> None:
    _night(place, FIRST, 1)
    _night(place, [*FIRST[:1], {"accession": "A2", "submitter": "new"}], 1, settled=False)
    assert [(row["what"], row["accession"]) for row in _seen(place)] == [
        ("row", "A1"),
        ("row", "A2"),
    ]
    place.build(register)
    assert place.ask(NOTED) == [
        ("A1", "run1", moment(2)),
        ("A2", "run2", moment(2)),
        ("A3", "run1", moment(1)),
    ]
    past = "SELECT _seen_at FROM genome_history WHERE _valid_to IS NOT NULL"
    assert place.ask(past) == [moment(1)]


def test_what_ended_was_seen_last_before_that(place: Place) -> None:
    _night(place, FIRST, 1)
    place.build()
    _night(place, FIRST, 1)
    _night(place, [{"accession": "A1", "submitter": "new"}, *FIRST[1:]], 1)
    assert place.update()
    past = "SELECT accession, _seen_at, _valid_to FROM genome_history WHERE _valid_to IS NOT NULL"
    assert place.ask(past) == [("A1", moment(2), moment(3))]
    assert contents(place.file, place.runs) == rebuilt(place)


def test_a_lake_from_before_tells_when_its_rows_came(place: Place) -> None:
    _night(place, FIRST, 1)
    _night(place, FIRST, 1)
    held = place.manifest
    older = replace(held.table("genome"), seen=())
    write_manifest(place.lake, replace(held, tables={"genome": older}))
    place.build()
    assert place.ask(NOTED) == [(row["accession"], "run1", moment(1)) for row in FIRST]
    assert place.manifest.table("genome").members == held.table("genome").members
    assert TableState() + older == older
