"""Bad bytes through a whole harvest: each is found again, and none costs a neighbour."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from harvester.model import Query
from tests.wire.badness import GENE, GENOME, MISFITS, VIRUS, Case, Kind, cases
from tests.wire.hostile import JSON, NDJSON, Answer, Asked, Told, page_number, serve
from tests.wire.runs import harvest

FORMS = [(GENOME, NDJSON), (GENOME, JSON), (GENE, NDJSON), (GENE, JSON), (VIRUS, NDJSON)]


@dataclass(frozen=True)
class Harvested:
    """A database, and the case of each page: one bad record between two good ones."""

    kind: Kind
    cases: list[Case]
    connection: duckdb.DuckDBPyConnection


def _neighbours(page: int) -> tuple[str, str]:
    return str(2 * page + 1), str(2 * page + 2)


def _answers(kind: Kind, form: str, found: list[Case]) -> Answer:
    def answer(asked: Asked) -> Told:
        if f"/{kind.table}/taxon/" not in asked.target:
            return Told(b'{"code":404,"message":"nothing here"}', 404)
        page = page_number(asked)
        first, last = (kind.record(key) for key in _neighbours(page))
        records = [first, found[page].line, last]
        more = page + 1 < len(found)
        token = (("X-Ncbi-Next-Page-Token", f"p{page + 1}"),) if more else ()
        if form == NDJSON:
            return Told(b"\n".join(records) + b"\r\n\n \n", 200, form, token)
        body = b'{"reports":[%s],"total_count":%d}' % (b",".join(records), 3 * len(found))
        return Told(body, 200, form, token)

    return answer


@pytest.fixture(
    scope="module", params=FORMS, ids=lambda p: f"{p[0].table}-{p[1].partition('/')[2]}"
)
def harvested(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Harvested]:
    kind, form = request.param
    folder = tmp_path_factory.mktemp("bad")
    found = cases(kind, ndjson=form == NDJSON)
    query = Query("q", kind.table, "taxa", ("9606",))
    with serve(_answers(kind, form, found)) as server:
        summary = harvest(folder, server.url, query)
    assert summary.status == "complete", summary.failed
    assert summary.records == 3 * len(found)
    assert summary.quarantined == sum(case.rejected for case in found)
    with duckdb.connect(str(folder / "x.duckdb"), read_only=True) as connection:
        yield Harvested(kind, found, connection)


def test_every_kind_of_column_meets_values_that_do_not_fit() -> None:
    names = {case.name for kind in (GENOME, GENE, VIRUS) for case in cases(kind, ndjson=False)}
    assert names >= {
        f"{wanted}: {value.decode()}" for wanted, values in MISFITS.items() for value in values
    }


def _ask(harvested: Harvested, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return harvested.connection.execute(sql, list(values)).fetchall()


def test_no_neighbour_is_lost(harvested: Harvested) -> None:
    kind = harvested.kind
    good = {key for page in range(len(harvested.cases)) for key in _neighbours(page)}
    bad = {case.key for case in harvested.cases if not case.rejected}
    keys = [str(key) for (key,) in _ask(harvested, f"SELECT {kind.key} FROM {kind.table}")]
    assert sorted(keys) == sorted(good | bad)


def test_what_no_column_holds_is_in_extra_exactly(harvested: Harvested) -> None:
    kind = harvested.kind
    sql = f"SELECT CAST({kind.key} AS VARCHAR), CAST(_extra AS VARCHAR) FROM {kind.table}"
    extras = dict(_ask(harvested, sql))
    for case in harvested.cases:
        if not case.rejected and case.name != "64 MB":
            expected = case.extra.decode() if case.extra else None
            assert extras[case.key] == expected, case.name


def test_extra_opens_in_duckdb(harvested: Harvested) -> None:
    sql = (
        "SELECT count(*) FILTER (json_type(_extra) = 'OBJECT'), count(json_keys(_extra)), "
        f"count(_extra) FROM {harvested.kind.table}"
    )
    ((objects, keys, extras),) = _ask(harvested, sql)
    assert objects == keys == extras > 0


def test_columns_hold_what_fits_and_nothing_else(harvested: Harvested) -> None:
    kind = harvested.kind
    for case in harvested.cases:
        if case.column:
            sql = f"SELECT {case.column} FROM {kind.table} WHERE CAST({kind.key} AS VARCHAR) = ?"
            ((value,),) = _ask(harvested, sql, case.key)
            assert value == case.value, case.name


def test_what_is_no_row_is_in_quarantine_with_its_bytes(harvested: Harvested) -> None:
    kept = {
        page: (data, line, reason)
        for page, data, line, reason in _ask(
            harvested, "SELECT page, data, line, reason FROM meta.quarantine"
        )
    }
    rejected = {page: case for page, case in enumerate(harvested.cases) if case.rejected}
    assert kept.keys() == rejected.keys()
    for page, case in rejected.items():
        data, line, reason = kept[page]
        assert (data, line) == (case.line, 2), case.name
        assert reason, case.name


def test_all_of_it_reads_as_json_again(harvested: Harvested) -> None:
    sql = f"SELECT to_json(t) FROM (FROM {harvested.kind.table}) t WHERE length(_extra) < 1000"
    for (text,) in _ask(harvested, sql):
        assert json.loads(text)["_extra"]
