"""Differences that a job calls no change: of columns, of members, of members within lists."""

from __future__ import annotations

import pytest

from harvester.publish import TableChange
from tests.publish.place import Place, Row

URL = ("annotation_info.report_url",)

ALONE: Row = {"accession": "GCA_1.1"}


def _genome(url: str | None, **more: object) -> Row:
    info = {"name": "x", "report_url": url}
    return {"accession": "GCA_1.1", "annotation_info": info, **more}


def _busco(lineage: str, complete: float) -> Row:
    busco = {"busco_lineage": lineage, "complete": complete}
    return {"accession": "GCA_1.1", "annotation_info": {"name": "x", "busco": busco}}


def _gene(*sequences: str) -> Row:
    places = [
        {"genomic_accession_version": name, "sequence_name": f"chr{number}"}
        for number, name in enumerate(sequences)
    ]
    annotations = [{"release_date": "2026", "genomic_locations": places}]
    return {"gene_id": 1, "annotations": annotations}


def _second(place: Place, table: str, first: Row, second: Row, *ignored: str) -> TableChange:
    place.run(table, [first])
    return place.run(table, [second], ignored={"q": ignored})


NESTED = "annotations.genomic_locations.genomic_accession_version"


@pytest.mark.parametrize(
    ("table", "first", "second", "ignored"),
    [
        ("genome", _genome("a"), _genome("b"), URL),
        ("genome", _genome("a"), _genome(None), URL),
        ("genome", ALONE, {**ALONE, "submitter": "x"}, ("submitter",)),
        ("genome", _genome("a"), ALONE, ("annotation_info",)),
        ("genome", _busco("a", 1), _busco("b", 2), ("annotation_info.busco",)),
        (
            "genome",
            _busco("a", 1),
            _busco("b", 2),
            ("annotation_info.busco.busco_lineage", "annotation_info.busco.complete"),
        ),
        (
            "genome",
            {**ALONE, "annotation_info": {"report_url": "a"}},
            ALONE,
            URL,
        ),
        ("gene", _gene("a", "b"), _gene("a", "c"), (NESTED,)),
    ],
)  # fmt: skip
def test_a_row_that_differs_only_in_what_is_ignored_is_unchanged(
    table: str, first: Row, second: Row, ignored: tuple[str, ...], place: Place
) -> None:
    change = _second(place, table, first, second, *ignored)
    assert (change.changed, change.added, change.rows) == (0, 0, 1)
    assert change.files.data == change.changes == ()


@pytest.mark.parametrize(
    ("table", "first", "second", "ignored"),
    [
        ("genome", _genome("a"), _genome("b"), ()),
        ("genome", _genome("a"), _genome("b"), ("assembly_info", "submitter")),
        ("genome", _genome("a"), ALONE, URL),
        ("genome", _busco("a", 1), _busco("b", 2), ("annotation_info.busco.complete",)),
        ("gene", _gene("a", "b"), _gene("a", "b", "c"), (NESTED,)),
        ("gene", _gene("a"), _gene(), (NESTED,)),
    ],
)
def test_any_other_difference_is_a_change(
    table: str, first: Row, second: Row, ignored: tuple[str, ...], place: Place
) -> None:
    change = _second(place, table, first, second, *ignored)
    assert (change.changed, change.rows) == (1, 1)
    assert sum(file.rows for file in change.files.data) == 1


def test_a_change_names_the_columns_that_count_and_brings_the_whole_row(place: Place) -> None:
    place.run("genome", [_genome("a")])
    place.run("genome", [_genome("b", submitter="us")], ignored={"q": URL})
    place.build()
    (columns,) = place.ask("SELECT columns FROM meta.changes WHERE change = 'changed'")
    assert columns == ["submitter"]
    assert place.ask("SELECT annotation_info.report_url FROM genome") == ["b"]


@pytest.mark.parametrize(
    ("by", "ignored", "changed"),
    [
        ("q.0", {"q": URL}, 0),
        ("q.key.0.a", {"q": URL}, 0),
        ("other.0", {"q": URL, "other": ()}, 1),
        ("other.0", {"q": URL, "other": URL}, 0),
        ("both", {"q": URL, "other": URL}, 0),
        ("both", {"q": URL, "other": ()}, 1),
        ("both", {"q": URL, "other": ("submitter",)}, 1),
    ],
)
def test_what_a_query_ignores_holds_for_the_rows_that_it_brings(
    by: str, ignored: dict[str, tuple[str, ...]], changed: int, place: Place
) -> None:
    place.run("genome", [_genome("a")])
    chains = ["q.0", "other.0"] if by == "both" else [by]
    staged = place.stage("two", "genome", *([{**_genome("b"), "_chain": f"{c}/0"}] for c in chains))
    labels = [f"{chain}/0" for chain in chains]
    change = place.merge("two", "genome", staged, *labels, ignored=ignored)
    assert change.changed == changed
