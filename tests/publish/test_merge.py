"""Merging a run's staged rows: what counts as news, and what becomes of the files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from harvester.errors import LakeError
from harvester.publish.adopt import adopt
from tests.publish.place import GOOD, Place


def _genome(accession: str, **values: Any) -> dict[str, Any]:
    return {"accession": accession, **values}


def _rows(place: Place, paths: list[str], *columns: str) -> list[Any]:
    rows = [row for path in paths for row in pq.read_table(place.lake.path(path)).to_pylist()]
    return sorted(tuple(row[column] for column in columns) for row in rows)


def _figures(change: Any) -> dict[str, int]:
    names = ("rows", "added", "changed", "returned", "removed", "records", "duplicates")
    return {name: getattr(change, name) for name in names if getattr(change, name)}


def test_first_rows_are_added(place: Place) -> None:
    change = place.run("genome", [_genome("A"), _genome("B")], [_genome("C")])
    assert _figures(change) == {"rows": 3, "added": 3, "records": 3}


def test_the_same_rows_again_are_no_news_and_no_files(place: Place) -> None:
    place.run("genome", [_genome("A"), _genome("B")])
    change = place.run("genome", [_genome("B"), _genome("A")])
    assert _figures(change) == {"rows": 2, "records": 2}
    assert (change.files.data, change.files.ended, change.changes) == ((), (), ())


def test_of_a_key_that_came_twice_the_last_row_counts(place: Place) -> None:
    first = [_genome("A", submitter="1"), _genome("A", submitter="2"), _genome("B", submitter="3")]
    change = place.run("genome", first, [_genome("A", submitter="4")])
    assert _figures(change) == {"rows": 2, "added": 2, "records": 4, "duplicates": 2}
    paths = [file.path for file in change.files.data]
    assert _rows(place, paths, "accession", "submitter") == [("A", "4"), ("B", "3")]


def test_a_part_of_which_all_is_fresh_is_taken_as_it_is(place: Place) -> None:
    run_id = place.begin()
    parts = place.stage(
        run_id, "genome", [_genome("A"), _genome("B")], [_genome("C"), _genome("A")]
    )
    change = place.merge(run_id, "genome", parts)
    adopted, copied = (place.lake.path(file.path) for file in change.files.data)
    assert Path(adopted).samefile(place.lake.path(parts[1]))
    assert not Path(copied).samefile(place.lake.path(parts[0]))
    assert pq.read_table(copied)["accession"].to_pylist() == ["B"]


def test_a_copied_file_has_the_columns_and_the_compression_of_the_part(place: Place) -> None:
    run_id = place.begin()
    parts = place.stage(run_id, "genome", [_genome("A"), _genome("A")])
    (file,) = place.merge(run_id, "genome", parts).files.data
    part, copy = (pq.ParquetFile(place.lake.path(path)) for path in (*parts, file.path))
    assert copy.schema_arrow.equals(part.schema_arrow)
    assert copy.metadata.row_group(0).column(0).compression == "ZSTD"
    assert (file.rows, file.bytes) == (1, place.lake.size(file.path))


def test_rows_of_void_epochs_and_of_other_chains_do_not_count(place: Place) -> None:
    rows = [
        _genome("A", submitter="old", _chain="q.0/0"),
        _genome("gone", _chain="q.0/0"),
        _genome("A", submitter="new", _chain="q.0/1"),
        _genome("stray", _chain="other.0/1"),
    ]
    run_id = place.begin()
    change = place.merge(run_id, "genome", place.stage(run_id, "genome", rows), "q.0/1")
    assert _figures(change) == {"rows": 1, "added": 1, "records": 1}
    paths = [file.path for file in change.files.data]
    assert _rows(place, paths, "accession", "submitter") == [("A", "new")]


def test_a_void_row_after_the_valid_one_does_not_hide_it(place: Place) -> None:
    rows = [_genome("A", _chain="q.0/1"), _genome("A", _chain="q.0/0")]
    run_id = place.begin()
    change = place.merge(run_id, "genome", place.stage(run_id, "genome", rows), "q.0/1")
    assert _figures(change) == {"rows": 1, "added": 1, "records": 1}


def test_a_changed_row_ends_the_version_before_and_says_which_columns_differ(place: Place) -> None:
    before = {"submitter": "X", "assembly_info": {"assembly_name": "a"}, "source_database": "S"}
    after = before | {"submitter": None, "assembly_info": {"assembly_name": "b"}}
    place.run("genome", [_genome("A", **before), _genome("B")])
    change = place.run("genome", [_genome("A", **after), _genome("B")])
    assert _figures(change) == {"rows": 2, "changed": 1, "records": 2}
    ended = pq.read_table(place.lake.path(change.files.ended[0].path)).to_pylist()
    assert ended == [{"accession": "A", "_run_id": "run1", "change": "changed"}]
    told = pq.read_table(place.lake.path(change.changes[0].path)).to_pylist()
    assert [(row["key"], row["change"], sorted(row["columns"])) for row in told] == [
        ("A", "changed", ["assembly_info", "submitter"])
    ]


def test_other_bytes_for_the_same_values_are_no_change(place: Place) -> None:
    gene = {"gene_id": 1, "symbol": "S", "synonyms": ["a", "b"], "_query": ["1"]}
    place.run("gene", [gene | {"_hash": 1, "_extra": '{"/a":1,"/b":2}'}])
    change = place.run(
        "gene", [gene | {"_hash": 2, "_extra": '{"/b":2,"/a":1}', "_query": ["S", "1"]}]
    )
    assert _figures(change) == {"rows": 1, "records": 1}


def test_a_value_that_no_column_holds_may_change_too(place: Place) -> None:
    place.run("gene", [{"gene_id": 1, "_hash": 1, "_extra": '{"/a":1}'}])
    change = place.run("gene", [{"gene_id": 1, "_hash": 2, "_extra": '{"/a":2}'}])
    told = pq.read_table(place.lake.path(change.changes[0].path)).to_pylist()
    assert [row["columns"] for row in told] == [["_extra"]]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, []),
        ([], [None]),
        ([None], [{"name": None, "value": None}]),
        ([{"name": "NULL"}], [{"name": None}]),
        ([{"name": ""}], [{"name": None}]),
        ([{"name": "a", "value": "b"}], [{"name": "a, 'value': b"}]),
        ([{"name": "a"}, {"name": "b"}], [{"name": "b"}, {"name": "a"}]),
        ([{"name": "'"}], [{"name": "\\'"}]),
    ],
)
def test_what_looks_alike_is_told_apart(before: Any, after: Any, place: Place) -> None:
    def genome(attributes: Any, number: int) -> dict[str, Any]:
        info = {"biosample": {"attributes": attributes}}
        return _genome("A", assembly_info=info, _hash=number)

    place.run("genome", [genome(before, 1)])
    assert place.run("genome", [genome(before, 2)]).changed == 0
    assert place.run("genome", [genome(after, 3)]).changed == 1


def test_parts_of_a_key_may_be_missing(place: Place) -> None:
    def sequence(genbank: str | None, refseq: str | None, length: int) -> dict[str, Any]:
        key = {"genbank_accession": genbank, "refseq_accession": refseq}
        return {"assembly_accession": "G", **key, "length": length}

    place.run("sequence", [sequence("a", None, 1), sequence(None, "a", 2), sequence("a", "a", 3)])
    change = place.run(
        "sequence", [sequence("a", None, 1), sequence(None, "a", 9), sequence("a", None, 1)]
    )
    assert _figures(change) == {"rows": 3, "changed": 1, "records": 3, "duplicates": 1}
    told = pq.read_table(place.lake.path(change.changes[0].path)).to_pylist()
    assert [row["key"] for row in told] == ['["G",null,"a"]']


def test_a_row_leaves_only_where_that_is_proven_and_may_return(place: Place) -> None:
    place.run("genome", [_genome("A"), _genome("B"), _genome("C")])
    gone = [_genome("A"), _genome("B"), _genome("never was")]
    change = place.run("genome", [_genome("B")], removed=gone)
    assert _figures(change) == {"rows": 2, "removed": 1, "records": 1}
    ended = pq.read_table(place.lake.path(change.files.ended[0].path)).to_pylist()
    assert ended == [{"accession": "A", "_run_id": "run1", "change": "removed"}]
    change = place.run("genome", [_genome("A"), _genome("B"), _genome("D")])
    assert _figures(change) == {"rows": 4, "added": 1, "returned": 1, "records": 3}
    change = place.run("genome", [_genome("A", submitter="new")])
    assert _figures(change) == {"rows": 4, "changed": 1, "records": 1}


def test_a_run_without_rows_changes_nothing(place: Place) -> None:
    assert _figures(place.run("genome")) == {}
    place.run("genome", [_genome("A")])
    assert _figures(place.run("genome")) == {"rows": 1}
    assert _figures(place.run("genome", removed=[_genome("A")])) == {"removed": 1}


def test_a_merge_that_was_cut_short_is_done_again(place: Place) -> None:
    place.run("genome", [_genome("A"), _genome("B")])
    run_id = place.begin()
    staged = [_genome("C"), _genome("D")], [_genome("A", submitter="x"), _genome("B")]
    parts = place.stage(run_id, "genome", *staged)
    first = place.merge(run_id, "genome", parts)
    assert all(place.lake.exists(part) for part in parts)
    # The next attempt may find more, so that other rows come to lie under the same names.
    parts += place.stage(run_id, "genome", *staged, [_genome("E"), _genome("E")])[2:]
    second = place.merge(run_id, "genome", parts)
    assert (second.rows, second.added) == (first.rows + 1, first.added + 1)
    place.commit(run_id, second)
    assert sum(pq.read_metadata(place.lake.path(f.path)).num_rows for f in second.files.data) == 4
    assert place.merge(run_id, "genome", parts).files.data == ()


def test_a_run_that_was_killed_after_its_commit_is_finished_again(place: Place) -> None:
    place.run("genome", [_genome("A"), _genome("B")])
    run_id = place.begin()
    parts = place.stage(run_id, "genome", [_genome("A", submitter="x")], [_genome("C")])
    place.commit(run_id, place.merge(run_id, "genome", parts))
    committed = place.manifest
    again = place.merge(run_id, "genome", parts)
    assert _figures(again) == {"rows": 3, "records": 2}
    place.commit(run_id, again)
    assert place.manifest == committed
    place.build()
    assert place.ask("SELECT count(*) FROM genome_history") == [4]


def test_merging_twice_gives_the_same(place: Place) -> None:
    run_id = place.begin()
    parts = place.stage(run_id, "genome", [_genome("A")], [_genome("B"), _genome("B")])
    assert place.merge(run_id, "genome", parts) == place.merge(run_id, "genome", parts)
    assert not [path for path in place.lake.list("") if path.endswith(".tmp")]
    assert not place.lake.list(f"_runs/{run_id}/scratch")


def test_adopting_replaces_what_lay_there(place: Place) -> None:
    place.lake.write("a", b"new")
    place.lake.write("t/x", b"leftover of a run that was killed")
    for _ in range(2):
        adopt(place.lake, "a", "t/x")
        assert place.lake.read("t/x") == b"new"
    assert place.lake.list("t") == ["t/x"]


def test_where_files_cannot_be_linked_they_are_copied(place: Place) -> None:
    memory = Path("/dev/shm")  # noqa: S108 - a file system of its own
    place.lake.write("a", b"bytes")
    if not memory.is_dir() or memory.stat().st_dev == place.lake.root.stat().st_dev:
        pytest.skip("there is no second file system here")
    with tempfile.TemporaryDirectory(dir=memory) as elsewhere:
        Path(place.lake.path("t")).symlink_to(elsewhere)
        for _ in range(2):
            adopt(place.lake, "a", "t/x")
        assert place.lake.read("t/x") == b"bytes"


def test_adopting_what_is_not_there_is_an_error(place: Place) -> None:
    with pytest.raises(LakeError, match="cannot copy"):
        adopt(place.lake, "a", "t/x")


def test_many_parts_keep_their_order(place: Place) -> None:
    parts = [[_genome("A", submitter=str(number))] for number in range(30)]
    change = place.run("genome", *parts, [_genome("B")])
    paths = [file.path for file in change.files.data]
    assert _rows(place, paths, "accession", "submitter") == [("A", "29"), ("B", None)]


def test_row_groups_are_read_one_by_one(place: Place) -> None:
    run_id = place.begin()
    (whole,) = place.stage(
        run_id, "genome", [_genome(f"{n:03}", submitter="x") for n in range(100)]
    )
    table = pq.read_table(place.lake.path(whole))
    pq.write_table(table, place.lake.path(whole), row_group_size=7)
    place.commit(run_id, place.merge(run_id, "genome", [whole]))
    changed = {0, 6, 7, 50, 99}
    rows = [_genome(f"{n:03}", submitter="y" if n in changed else "x") for n in range(100)]
    run_id = place.begin()
    (whole,) = place.stage(run_id, "genome", rows)
    pq.write_table(pq.read_table(place.lake.path(whole)), place.lake.path(whole), row_group_size=7)
    change = place.merge(run_id, "genome", [whole])
    assert change.changed == 5
    paths = [file.path for file in change.files.data]
    assert _rows(place, paths, "accession") == [(f"{n:03}",) for n in sorted(changed)]


def test_labels_need_not_be_words(place: Place) -> None:
    label = 'it\'s "q"; DROP TABLE valid/0'
    run_id = place.begin()
    parts = place.stage(run_id, "genome", [_genome("A'; --", _chain=label)])
    assert place.merge(run_id, "genome", parts, label, GOOD).added == 1
