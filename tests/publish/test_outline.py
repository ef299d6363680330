"""A run's rows of the meta tables, however many, in as much as a page holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from harvester import meta
from harvester.model import Query
from harvester.publish import (
    CONCERNS,
    SHOWN,
    VALUES,
    CommittedRun,
    LakeFile,
    Outline,
    Some,
    outline,
    read_manifest,
    write_manifest,
    write_meta,
)
from harvester.report import Items, QueryReport, Verdict
from harvester.runpage.told import outline_of
from tests.publish.place import Place

RUN, OTHER = "20260101T000000Z-mine", "20260102T000000Z-othr"


def _queries(many: int) -> tuple[QueryReport, ...]:
    """The last of them failed; the first one names more than is shown."""
    made = []
    for number in range(many):
        values = tuple(f"v{part}" for part in range(30 if number == 0 else 1))
        query = Query(f"{number:012d}", "genome", "accessions", values, filters=(("a", "b"),))
        state = "failed" if number == many - 1 else "complete"
        made.append(QueryReport(query, 5, 4, 3, 0, 0, 1, 1, state))
    return tuple(made)


def _items(queries: Sequence[QueryReport], outcomes: Mapping[str, int]) -> tuple[Items, ...]:
    """A chain for each outcome."""
    return tuple(
        Items(
            queries[0].query,
            [f"{outcome}{number:04d}" for number in range(count)],
            [outcome] * count,
            [0] * count,
            ["a reason"] * count,
        )
        for outcome, count in outcomes.items()
    )


def _message(run: str, number: int) -> meta.Row:
    told = {"level": "warning", "code": None, "message": f"word {number % 3}", "replaced_by": None}
    return {"run_id": run, "resource": "gene", "query_id": "q", "identifiers": ["7"], **told}


def _drift(run: str, number: int) -> meta.Row:
    where = {"table_name": "genome", "pointer": f"/new{number:04d}", "kind": "field"}
    return {"run_id": run, "sample": "1", "first_seen": "q.0", "count": 2, **where}


def _changes(run: str) -> list[meta.Row]:
    kinds = {"added": 1000, "changed": 7, "removed": 2}
    return [
        {"run_id": run, "table_name": "genome", "key": f"{change}{number:04d}", "change": change,
         "columns": ["organism"] if change == "changed" else None}
        for change, count in kinds.items()
        for number in range(count)
    ]  # fmt: skip


def _commit(place: Place, rows: Mapping[str, Sequence[meta.Row]], run: str = RUN) -> None:
    files: dict[str, tuple[LakeFile, ...]] = {
        name: write_meta(place.lake, name, run, some) for name, some in rows.items()
    }
    committed = CommittedRun(run, "2026-01-01T00:00:00Z", "job")
    write_manifest(place.lake, read_manifest(place.lake).with_run(committed, {}, files))


def _of(place: Place) -> Outline:
    return outline(place.lake, place.manifest, RUN)


def _plain(rows: Sequence[Mapping[str, Any]], *names: str) -> list[tuple[str, ...]]:
    return sorted(tuple(str(row[name]) for name in names) for row in rows)


@pytest.mark.parametrize(("queries", "items"), [(3, 4), (150, 130)])
def test_lake_and_memory_tell_the_same(queries: int, items: int, place: Place) -> None:
    reports = _queries(queries)
    outcomes = dict.fromkeys(("ok", *CONCERNS), items)
    verdict = Verdict(reports, _items(reports, outcomes))
    messages = [_message(RUN, number) for number in range(10)]
    drift = [_drift(RUN, number) for number in range(items)]
    rows = {
        "queries": meta.query_rows(RUN, verdict),
        "items": list(meta.item_rows(RUN, verdict.each_item())),
    }
    _commit(place, {**rows, "messages": messages, "drift": drift})
    _commit(place, {"messages": [_message(OTHER, 1)], "drift": [_drift(OTHER, 1)]}, OTHER)
    kept, told = _of(place), outline_of(RUN, verdict, messages, drift)
    assert kept.outcomes == told.outcomes == outcomes
    for name, total in (("queries", queries), ("items", 4 * items), ("drift", items)):
        ours, theirs = getattr(kept, name), getattr(told, name)
        assert (ours.count, len(ours.rows)) == (total, min(total, SHOWN))
        assert (theirs.count, len(theirs.rows)) == (total, min(total, SHOWN))
        assert ours.more == max(0, total - SHOWN)
    for one in (kept, told):
        assert [row["state"] for row in one.queries.rows][:2] == ["failed", "complete"]
        assert {row["outcome"] for row in one.items.rows[: items * 4][:items]} == {"failed"}
        (many,) = (row for row in one.queries.rows if row["named"] > 1)
        assert (many["named"], len(many["selectors"])) == (30, VALUES)
        assert _plain(one.messages.rows, "message", "times", "identifier") == [
            ("word 0", "4", "7"), ("word 1", "3", "7"), ("word 2", "3", "7"),
        ]  # fmt: skip
    names = ("query_id", "expected", "received", "distinct_keys", "pages", "filters", "named")
    assert _plain(kept.queries.rows, *names) == _plain(told.queries.rows, *names)


def test_changes_are_counted_and_some_of_each_kind_shown(place: Place) -> None:
    _commit(place, {"changes": _changes(RUN)})
    _commit(place, {"changes": _changes(OTHER)[:3]}, OTHER)
    found = _of(place)
    assert found.changes == {"genome": {"removed": 2, "changed": 7, "added": 1000}}
    shown = [(row["change"], row["key"], row["columns"]) for row in found.examples]
    assert shown == [
        *(("removed", f"removed{number:04d}", None) for number in range(2)),
        *(("changed", f"changed{number:04d}", ["organism"]) for number in range(5)),
        *(("added", f"added{number:04d}", None) for number in range(5)),
    ]


def test_rows_are_called_by_their_names_those_that_went_as_well(place: Place) -> None:
    organism = {"organism_name": "Escherichia coli"}
    place.run("genome", [{"accession": f"A{n}", "organism": organism} for n in range(3)])
    place.run("genome", [{"accession": "A0", "organism": {"organism_name": "Shigella"}}],
              removed=[{"accession": "A2"}])  # fmt: skip
    last = place.manifest.runs[-1].run_id
    found = outline(place.lake, place.manifest, last)
    told = [(row["change"], row["key"], row["name"]) for row in found.examples]
    assert told == [("removed", "A2", "Escherichia coli"), ("changed", "A0", "Shigella")]


def test_a_key_of_several_columns_has_a_name_also_where_its_last_one_is_nothing(
    place: Place,
) -> None:
    names = {"NC_1": "I", None: "II"}
    place.run(
        "sequence",
        [
            {"assembly_accession": "G", "genbank_accession": f"B{n}", "refseq_accession": end}
            | {"chr_name": name}
            for n, (end, name) in enumerate(names.items())
        ],
    )
    found = outline(place.lake, place.manifest, place.manifest.runs[-1].run_id)
    told = {json.loads(row["key"])[-1]: row["name"] for row in found.examples}
    assert told == names


def test_a_run_of_which_nothing_is_known_tells_nothing(place: Place) -> None:
    assert outline(place.lake, place.manifest, RUN) == Outline(examples=[])
    assert Some().more == 0
