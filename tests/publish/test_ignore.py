"""Differences that a job calls no change: of columns, of members, of members within lists."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow.parquet as pq
import pytest

from harvester.publish import TableChange
from tests.publish.place import Place, Row

#: What a row is, what it becomes, what is ignored, and which columns are told to differ, if any.
Case = tuple[Row, Row, tuple[str, ...], list[str] | None]

URL = ("annotation_info.report_url",)
BUSCO = ("annotation_info.busco.busco_lineage", "annotation_info.busco.complete")
PLACES = ("annotations.genomic_locations.genomic_accession_version",)


def _info(**members: object) -> Row:
    return {"annotation_info": {"name": "x", **members}}


def _busco(lineage: str, complete: float) -> Row:
    return _info(busco={"busco_lineage": lineage, "complete": complete})


def _places(*sequences: str) -> Row:
    places = [
        {"genomic_accession_version": name, "sequence_name": f"chr{number}"}
        for number, name in enumerate(sequences)
    ]
    return {"annotations": [{"release_date": "2026", "genomic_locations": places}]}


GENOMES: list[Case] = [
    (_info(report_url="a"), _info(report_url="b"), URL, None),
    (_info(report_url="a"), _info(), URL, None),
    ({"annotation_info": {"report_url": "a"}}, {}, URL, None),
    ({}, {"submitter": "x"}, ("submitter",), None),
    (_info(report_url="a"), {}, ("annotation_info",), None),
    (_busco("a", 1), _busco("b", 2), ("annotation_info.busco",), None),
    (_busco("a", 1), _busco("b", 2), BUSCO, None),
    (_info(report_url="a"), _info(report_url="b"), (), ["annotation_info"]),
    (_info(report_url="a"), _info(report_url="b"), ("submitter",), ["annotation_info"]),
    (_info(report_url="a"), {}, URL, ["annotation_info"]),
    (_busco("a", 1), _busco("b", 2), BUSCO[:1], ["annotation_info"]),
    (_info(report_url="a"), {**_info(report_url="b"), "submitter": "x"}, URL, ["submitter"]),
    ({"_extra": '{"/a":1}'}, {"_extra": '{"/a":2}'}, URL, ["_extra"]),
]
GENES: list[Case] = [
    (_places("a", "b"), _places("a", "c"), PLACES, None),
    (_places("a", "b"), _places("a", "b", "c"), PLACES, ["annotations"]),
    (_places("a"), _places(), PLACES, ["annotations"]),
    (_places("a"), {}, PLACES, ["annotations"]),
    (_places("a"), _places("b"), (), ["annotations"]),
]


@pytest.mark.parametrize(
    ("table", "key", "cases"), [("genome", "accession", GENOMES), ("gene", "gene_id", GENES)]
)
def test_only_what_is_not_ignored_is_a_change(
    table: str, key: str, cases: Sequence[Case], place: Place
) -> None:
    """Each case is a query of its own in the same run."""
    keys = [number if key == "gene_id" else f"GCA_{number}" for number in range(len(cases))]
    place.run(table, [{key: own, **first} for own, (first, *_) in zip(keys, cases, strict=True)])
    rows = [
        {key: own, **second, "_chain": f"q{number}.0/0"}
        for number, (own, (_, second, *_)) in enumerate(zip(keys, cases, strict=True))
    ]
    ignored = {f"q{number}": paths for number, (*_, paths, _) in enumerate(cases)}
    run = place.begin()
    labels = [f"{query}.0/0" for query in ignored]
    change = place.merge(run, table, place.stage(run, table, rows), *labels, ignored=ignored)
    expected = {
        str(own): columns for own, (*_, columns) in zip(keys, cases, strict=True) if columns
    }
    assert _told(place, change) == expected
    assert change.changed == len(expected) == sum(file.rows for file in change.files.data)
    assert sum(file.rows for file in change.files.ended) == len(expected)


def _told(place: Place, change: TableChange) -> dict[str, list[str]]:
    """The columns that differ, by key."""
    (file,) = change.changes
    rows = pq.read_table(place.lake.path(file.path)).to_pylist()
    return {row["key"]: row["columns"] for row in rows}


def _genome(url: str, **more: object) -> Row:
    return {"accession": "GCA_1.1", **_info(report_url=url), **more}


def test_a_night_of_nothing_but_volatile_news_writes_nothing(place: Place) -> None:
    place.run("genome", [_genome("a")])
    change = place.run("genome", [_genome("b")], ignored={"q": URL})
    assert (change.changed, change.rows, change.files.files, change.changes) == (0, 1, (), ())


def test_a_new_version_is_the_whole_row(place: Place) -> None:
    place.run("genome", [_genome("a")])
    change = place.run("genome", [_genome("b", submitter="us")], ignored={"q": URL})
    (file,) = change.files.data
    (row,) = pq.read_table(place.lake.path(file.path)).to_pylist()
    assert row["annotation_info"]["report_url"] == "b"


@pytest.mark.parametrize(
    ("by", "ignored", "changed"),
    [
        ("q.key.0.a", {"q": URL}, 0),
        ("other.0", {"q": URL, "other": ()}, 1),
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
