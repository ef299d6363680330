"""How many rows are compressed together: more in long tables of narrow rows, and none is lost."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from harvester.catalogue import RESOURCES
from harvester.publish import Ahead, CommittedRun, LakeFile, build_database
from harvester.publish.attached import LARGE_GROUP, ROW_GROUP_SIZE
from harvester.publish.load import group_for
from harvester.publish.made import Made
from harvester.schema import CHAIN, EXTRA, FETCHED_AT, HASH, RUN_ID, lake_schema
from harvester.store.parts import PartWriter
from tests.digests import digest_of
from tests.publish.place import FIRST, GOOD, Place, moment

_TABLE = "taxonomy"
_LONG = 210_000


def _stage(place: Place, run_id: str, numbers: Sequence[int], *, wide: bool = False) -> str:
    """A part with these rows; wide ones hold a text that nothing makes shorter."""
    chance, size = random.Random(1), len(numbers)
    texts = [f'"{chance.randbytes(90).hex()}"' if wide else None for _ in numbers]
    told = {
        "tax_id": pa.array(numbers, pa.int64()),
        EXTRA.name: pa.array(texts, pa.string()),
        RUN_ID.name: pa.array([run_id] * size),
        FETCHED_AT.name: pa.array([FIRST] * size, pa.timestamp("us")),
        CHAIN.name: pa.array([GOOD] * size),
        HASH.name: pa.array(numbers, pa.int64()),
    }
    schema = lake_schema(RESOURCES[_TABLE])
    rows = pa.concat_tables([schema.empty_table(), pa.table(told)], promote_options="default")
    part = PartWriter(place.lake, f"_runs/{run_id}/{_TABLE}-{numbers[0]}.parquet", schema)
    for batch in rows.to_batches(max_chunksize=10_000):
        part.add(batch)
    return part.close().path


def _harvest(place: Place, numbers: Sequence[int], *, wide: bool = False) -> None:
    run_id = place.begin()
    parts = [_stage(place, run_id, numbers, wide=wide)]
    place.commit(run_id, place.merge(run_id, _TABLE, parts))


def _groups(file: Path, table: str = _TABLE, key: str = "tax_id") -> list[int]:
    """The rows of each group of the table."""
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute(
            f"SELECT sum(count) FROM pragma_storage_info('{table}') "
            f"WHERE column_name = '{key}' AND segment_type = 'BIGINT' "
            "GROUP BY row_group_id ORDER BY row_group_id"
        )
        return [int(rows) for (rows,) in found.fetchall()]


def _digest(file: Path) -> tuple[int, int]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return digest_of(connection, f"FROM {_TABLE}")


def _built(place: Place) -> Path:
    held = place.file.with_name("anew.duckdb")
    build_database(place.lake, place.manifest, held)
    return held


@pytest.mark.parametrize(
    ("sizes", "rows", "together"),
    [
        ([(2_000, 64 * 2_000)], 200_000, LARGE_GROUP),
        ([(2_000, 64 * 2_000)], 199_999, ROW_GROUP_SIZE),
        ([(2_000, 64 * 2_000 + 1)], 200_000, ROW_GROUP_SIZE),
        ([(300_000, 10 * 300_000), (100, 100_000)], 300_100, LARGE_GROUP),
    ],
    ids=["long", "short", "wide", "a small file"],
)
def test_long_tables_of_narrow_rows_get_large_groups(
    sizes: list[tuple[int, int]], rows: int, together: int
) -> None:
    assert group_for([LakeFile("p", *size, "run") for size in sizes], rows) == together


def test_a_whole_build_makes_large_groups_where_they_pay(place: Place) -> None:
    _harvest(place, range(_LONG))
    place.build()
    assert _groups(place.file)[0] == LARGE_GROUP
    assert sum(_groups(place.file)) == _LONG


@pytest.mark.parametrize(("rows", "wide"), [(100_000, False), (_LONG, True)])
def test_other_tables_have_small_ones(place: Place, rows: int, *, wide: bool) -> None:
    _harvest(place, range(rows), wide=wide)
    place.build()
    assert max(_groups(place.file)) == ROW_GROUP_SIZE
    assert sum(_groups(place.file)) == rows


def test_each_table_has_its_own(place: Place) -> None:
    place.run("gene", [{"gene_id": number} for number in range(31_000)])
    _harvest(place, range(_LONG))
    place.build()
    assert _groups(place.file, "gene", "gene_id") == [ROW_GROUP_SIZE, 31_000 - ROW_GROUP_SIZE]
    assert _groups(place.file)[0] == LARGE_GROUP


def test_a_night_is_added_to_large_groups(place: Place) -> None:
    _harvest(place, range(_LONG))
    place.build()
    run_id = place.begin()
    parts = [_stage(place, run_id, range(_LONG, _LONG + 500))]
    gone = [{"tax_id": number} for number in range(0, _LONG, 1_000)]
    place.commit(run_id, place.merge(run_id, _TABLE, parts, removed=gone))
    assert place.update()
    assert LARGE_GROUP in _groups(place.file)
    assert _digest(place.file) == _digest(_built(place))
    assert place.ask(f"SELECT count(*) FROM {_TABLE}_history") == [_LONG + 500]


def _grown(place: Place, *parts: tuple[str, int], expected: int) -> bool:
    """Loads parts as they come, each a table and so many rows; says whether that was used."""
    run_id, chain, epoch = place.begin(), *GOOD.split("/")
    own = CommittedRun(run_id, f"{moment(place.runs).isoformat()}Z", "test")
    paths: dict[str, list[str]] = {}
    given: list[bool] = []
    with closing(Ahead(place.lake, place.file, own)) as ahead:
        for number, (table, rows) in enumerate(parts):
            path = _part(place, run_id, table, range(number * 100_000, number * 100_000 + rows))
            paths.setdefault(table, []).append(path)
            page = {"chain": chain, "epoch": int(epoch), "rows": rows}
            told = {"part": path, "rows": rows, "size": place.lake.size(path)}
            record = {"is": "pages", "table": table, "pages": [page], **told}
            ahead.hear(record, frozenset(), calm=True, expected=expected)
        ahead.rest(frozenset())
        place.commit(run_id, *(place.merge(run_id, table, some) for table, some in paths.items()))

        def give(made: Made, file: Path) -> bool:
            given.append(ahead.give(made, file))
            return given[-1]

        build_database(place.lake, place.manifest, place.file, ahead=give)
    return given == [True]


def _part(place: Place, run_id: str, table: str, numbers: Sequence[int]) -> str:
    if table == _TABLE:
        return _stage(place, run_id, numbers)
    texts = random.Random(numbers[0])
    rows = [{"gene_id": number, "symbol": texts.randbytes(90).hex()} for number in numbers]
    (path,) = place.stage(run_id, table, rows)
    return path


@pytest.mark.parametrize(
    ("expected", "together"), [(150_000, ROW_GROUP_SIZE), (250_000, LARGE_GROUP)]
)
def test_rows_loaded_ahead_lie_in_groups_of_what_is_expected(
    place: Place, expected: int, together: int
) -> None:
    sizes = (20_000, 50_000, 50_000, 50_000)
    assert _grown(place, *((_TABLE, rows) for rows in sizes), expected=expected)
    assert max(_groups(place.file)) == together
    assert sum(_groups(place.file)) == sum(sizes)
    assert _digest(place.file) == _digest(_built(place))


def test_wide_rows_that_come_after_narrow_ones_lie_in_small_groups(place: Place) -> None:
    assert _grown(place, (_TABLE, 95_000), ("gene", 31_000), expected=250_000)
    assert _groups(place.file) == [LARGE_GROUP, 95_000 - LARGE_GROUP]
    assert max(_groups(place.file, "gene", "gene_id")) == ROW_GROUP_SIZE
    assert _digest(place.file) == _digest(_built(place))
