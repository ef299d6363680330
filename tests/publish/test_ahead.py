"""Rows that are loaded while a lake's first run goes on: they count, or all is built as ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from structlog.testing import capture_logs

from harvester.errors import LakeError
from harvester.publish import Ahead, CommittedRun, TableChange, build_database
from harvester.publish.made import Made
from tests.digests import digest_of
from tests.publish.contents import contents, rebuilt
from tests.publish.place import GOOD, Place, Row, moment

#: More rows than are compressed together, in parts of which only the two first are as many.
GENES: list[list[Row]] = [
    [{"gene_id": number} for number in numbers]
    for numbers in (range(30_000), range(30_000, 31_000), range(31_000, 31_003))
]
GENOMES: list[Row] = [{"accession": f"A{number}", "submitter": "one"} for number in range(9)]

NOTHING: frozenset[str] = frozenset()


class Watched(Ahead):
    """Remembers whether it had something to give."""

    given: bool | None = None

    def give(self, made: Made, file: Path, meanwhile: Callable[[], None] = lambda: None) -> bool:
        self.given = super().give(made, file, meanwhile)
        return self.given


def _ahead(place: Place, run_id: str) -> Watched:
    return Watched(place.lake, place.file, _run(place, run_id), least=2)


def _run(place: Place, run_id: str) -> CommittedRun:
    return CommittedRun(run_id, f"{moment(place.runs).isoformat()}Z", "test")


def _tell(
    place: Place,
    ahead: Ahead,
    table: str,
    paths: list[str],
    parts: list[list[Row]],
    *,
    calm: bool = True,
) -> None:
    """Tells of these parts as a run does."""
    for path, rows in zip(paths, parts, strict=True):
        pages = []
        for label, count in Counter(row.get("_chain", GOOD) for row in rows).items():
            chain, _, epoch = label.partition("/")
            pages.append({"chain": chain, "epoch": int(epoch), "rows": count})
        record = {"is": "pages", "table": table, "pages": pages, "part": path}
        sizes = {"rows": len(rows), "size": place.lake.size(path)}
        ahead.hear({**record, **sizes}, NOTHING, calm=calm, expected=0)
    ahead.hear({"is": "pages", "table": table, "pages": []}, NOTHING, calm=calm, expected=0)


def _publish(place: Place, ahead: Ahead, run_id: str, *changes: TableChange) -> bool:
    """Whether the database is the one that a build from the lake alone gives."""
    place.commit(run_id, *changes)
    build_database(place.lake, place.manifest, place.file, anew=False, ahead=ahead.give)
    return contents(place.file, place.runs) == rebuilt(place)


def _one_table(
    place: Place,
    *parts: list[Row],
    void: str = "",
    table: str = "genome",
    labels: tuple[str, ...] = (GOOD,),
) -> bool | None:
    """Whether it had something to give; the database is right in any case."""
    run_id = place.begin()
    with closing(_ahead(place, run_id)) as ahead:
        paths = place.stage(run_id, table, *parts)
        _tell(place, ahead, table, paths, list(parts))
        ahead.rest(frozenset({void}))
        assert _publish(place, ahead, run_id, place.merge(run_id, table, paths, *labels))
        return ahead.given


def _digest(file: Path, table: str) -> tuple[int, int]:
    """How many rows, and what is in all of their columns."""
    with duckdb.connect(str(file), read_only=True) as connection:
        return digest_of(connection, f"FROM {table}")


def _check_against_a_whole_build(place: Place, came: Mapping[str, list[list[Row]]]) -> None:
    held = place.file.with_name("anew.duckdb")
    build_database(place.lake, place.manifest, held)
    for table, parts in came.items():
        assert _digest(place.file, table) == _digest(held, table)
        assert _digest(place.file, table)[0] == sum(map(len, parts))


@pytest.mark.parametrize("calm", [True, False], ids=["as it came", "in the end"])
def test_what_was_loaded_is_what_would_be_built(place: Place, *, calm: bool) -> None:
    run_id = place.begin()
    with closing(_ahead(place, run_id)) as ahead:
        staged = {"gene": GENES, "genome": [GENOMES]}
        changes = []
        for table, parts in staged.items():
            paths = place.stage(run_id, table, *parts)
            _tell(place, ahead, table, paths, parts, calm=calm)
            changes.append(place.merge(run_id, table, paths))
        ahead.rest(NOTHING)
        place.commit(run_id, *changes)
        build_database(place.lake, place.manifest, place.file, ahead=ahead.give)
    assert ahead.given
    _check_against_a_whole_build(place, staged)
    assert [path.name for path in place.file.parent.iterdir() if path.name[0] == "."] == []


def test_what_is_not_loaded_yet_is_loaded_in_the_end(place: Place) -> None:
    run_id = place.begin()
    with closing(_ahead(place, run_id)) as ahead:
        staged = place.stage(run_id, "genome", GENOMES)
        _tell(place, ahead, "genome", staged, [GENOMES])
        assert _publish(place, ahead, run_id, place.merge(run_id, "genome", staged))
    assert ahead.given


@pytest.mark.parametrize(
    "again",
    [
        [GENOMES[0], GENOMES[1]],
        [{**GENOMES[0], "submitter": "two"}, {**GENOMES[1], "_chain": "q.1/0"}],
        [{**GENOMES[0], "submitter": "two"}, {**GENOMES[0], "submitter": "three"}],
    ],
    ids=["twice", "changed", "thrice"],
)
def test_of_rows_that_came_again_the_last_is_kept(place: Place, again: list[Row]) -> None:
    many: list[Row] = [{"accession": f"B{number}"} for number in range(20)]
    assert _one_table(place, [*GENOMES, *many], again, labels=(GOOD, "q.1/0"))
    assert place.ask("SELECT count(*) FROM genome") == [len(GENOMES) + 20]
    told = place.ask("SELECT submitter FROM genome WHERE accession = 'A0'")
    assert told == [[row for row in again if row["accession"] == "A0"][-1]["submitter"]]


@pytest.mark.parametrize(
    "parts",
    [
        [GENOMES, [*GENOMES[:1]]],
        [GENOMES, [{"accession": "B", "_chain": "q.0/1"}]],
        [
            [*GENOMES, *({"accession": f"B{n}"} for n in range(9))],
            [{"accession": "B", "_chain": "q.0/1"}],
        ],
    ],
    ids=["many again", "void in the end", "a few of them"],
)
def test_rows_that_do_not_count_are_in_no_database(place: Place, parts: list[list[Row]]) -> None:
    assert _one_table(place, *parts) is False
    assert place.ask("SELECT count(*) FROM genome") == [len(parts[0])]


def test_rows_that_are_known_to_be_void_are_left_out(place: Place) -> None:
    void: list[Row] = [{"accession": name, "_chain": "q.0/1"} for name in ("A1", "B")]
    assert _one_table(place, [*void, *GENOMES], void, void="q.0/1")
    assert place.ask("SELECT count(*) FROM genome") == [len(GENOMES)]


def test_one_table_after_the_other_grows_while_both_come(place: Place) -> None:
    run_id = place.begin()
    many: dict[str, list[list[Row]]] = {
        "gene": [[{"gene_id": n} for n in range(2_100)], [{"gene_id": n} for n in (3_000, 3_001)]],
        "taxonomy": [[{"tax_id": n} for n in range(30_800)], [{"tax_id": 40_000}]],
    }
    with capture_logs() as said, closing(_ahead(place, run_id)) as ahead:
        paths = {table: place.stage(run_id, table, *parts) for table, parts in many.items()}
        for turn in (0, 1):
            for table, parts in many.items():
                _tell(place, ahead, table, [paths[table][turn]], [parts[turn]])
        ahead.rest(NOTHING)
        place.commit(
            run_id, *(place.merge(run_id, table, staged) for table, staged in paths.items())
        )
        build_database(place.lake, place.manifest, place.file, ahead=ahead.give)
    assert ahead.given
    loaded = [(one["table"], one["rows"]) for one in said if one["event"] == "rows loaded ahead"]
    assert loaded == [("gene", 2_100), ("taxonomy", 30_801), ("gene", 2)]
    _check_against_a_whole_build(place, many)


def test_rows_that_turn_out_to_be_void_are_taken_back(place: Place) -> None:
    """As when a chain is cut: its pages are void, and its shards bring the same rows again."""
    early: list[Row] = [{"gene_id": number} for number in range(2_100)]
    void: list[Row] = [{"gene_id": number, "_chain": "q.0/1"} for number in range(3_000, 3_010)]
    later = moment(place.runs) + timedelta(seconds=9)
    again: list[Row] = [{**row, "_chain": GOOD, "_fetched_at": later} for row in void[2:]]
    assert _one_table(place, [*early, *void], again, void="q.0/1", table="gene")
    assert place.ask("SELECT count(*), max(gene_id) FROM gene") == [(2_108, 3_009)]


def test_few_rows_are_not_worth_it(place: Place) -> None:
    assert _one_table(place, GENOMES[:1]) is False
    assert place.ask("SELECT count(*) FROM genome") == [1]


def test_a_lake_that_has_more_is_built_as_ever(place: Place) -> None:
    place.run("genome", GENOMES)
    place.run("gene", [{"gene_id": 1}])
    assert _one_table(place, [{"accession": "B"}, {"accession": "C"}]) is False
    assert place.ask("SELECT count(*) FROM genome") == [len(GENOMES) + 2]


def test_a_part_that_cannot_be_read_is_nobodys_loss(place: Place) -> None:
    run_id = place.begin()
    with closing(_ahead(place, run_id)) as ahead:
        staged = place.stage(run_id, "genome", GENOMES)
        lost = {"part": "_runs/lost.parquet", "table": "gene", "rows": 1, "size": 1, "pages": []}
        ahead.hear(lost, NOTHING, calm=True, expected=0)
        ahead.rest(NOTHING)
        assert _publish(place, ahead, run_id, place.merge(run_id, "genome", staged, GOOD))
    assert ahead.given is False


def test_a_run_that_is_not_published_leaves_nothing(place: Place) -> None:
    run_id = place.begin()
    with closing(_ahead(place, run_id)) as ahead:
        staged = place.stage(run_id, "genome", GENOMES)
        _tell(place, ahead, "genome", staged, [GENOMES])
        ahead.rest(NOTHING)
    assert [path.name for path in place.file.parent.iterdir()] == ["lake"]


def test_where_no_file_can_be_the_build_says_so(place: Place) -> None:
    place.file = place.file.with_name("no folder") / "harvest.duckdb"
    place.file.parent.write_bytes(b"")
    with pytest.raises(LakeError, match="no folder"):
        _one_table(place, GENOMES)
