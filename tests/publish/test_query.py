"""SQL that must not get further than reading, and answers in unusual shapes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harvester.cli.query import query
from harvester.errors import SpecError
from tests.publish.place import Place

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", params=["tables", "views"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("built"))
    place.run("genome", [{"accession": str(number)} for number in range(3000)])
    place.build(request.param)
    return place


def _ask(place: Place, sql: str, *flags: str) -> Result:
    return CliRunner().invoke(query, [sql, "--database", str(place.file), *flags])


@pytest.mark.parametrize(
    "sql",
    [
        "COPY genome TO '{lake}' (USE_TMP_FILE false)",
        "COPY genome TO '{database}' (USE_TMP_FILE false)",
        "EXPLAIN COPY genome TO '{lake}' (USE_TMP_FILE false)",
        "EXPLAIN ANALYZE COPY genome TO '{lake}' (USE_TMP_FILE false)",
        "EXPLAIN /* */ ANALYZE COPY genome TO '{lake}' (USE_TMP_FILE false)",
        "EXPLAIN (ANALYZE) COPY genome TO '{lake}' (USE_TMP_FILE false)",
        "COPY (PIVOT genome ON submitter USING count(*)) TO '{lake}' (USE_TMP_FILE false)",
        "EXPORT DATABASE '{folder}/stolen'",
        "WITH x AS (DELETE FROM genome RETURNING *) FROM x",
        "CREATE TEMP TABLE x AS FROM genome",
        "PREPARE x AS SELECT 1",
        "CALL enable_logging()",
        "PRAGMA enable_profiling",
        "FROM read_blob('{folder}/secret')",
        "FROM glob('{folder}/*')",
        "ATTACH '{folder}/other.duckdb'",
        "SELECT * FROM sniff_csv('{folder}/secret')",
    ],
)
def test_sql_can_write_nothing_and_read_nothing_else(sql: str, built: Place) -> None:
    folder = built.file.parent
    (folder / "secret").write_text("a,b")
    lake = built.lake.path(built.manifest.table("genome").data[0].path)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    told = _ask(built, sql.format(lake=lake, database=built.file, folder=folder))
    assert isinstance(told.exception, SpecError)
    assert told.stdout == ""
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.parametrize(
    "sql",
    [
        "FROM genome",
        "DESCRIBE genome",
        "SUMMARIZE genome",
        "SHOW TABLES",
        "EXPLAIN SELECT 'analyze'",
        "EXPLAIN ANALYZE FROM genome",
        "VALUES (1)",
        "SELECT 1; ",
        "PIVOT genome ON accession IN ('1', '2') USING count(*)",
        "FROM genome_as_of(now())",
        "SELECT * FROM genome ORDER BY hash(accession)",
    ],
)
def test_questions_are_answered(sql: str, built: Place) -> None:
    told = _ask(built, sql, "--format", "jsonl")
    assert told.exception is None
    assert json.loads(told.stdout.splitlines()[0])


def test_a_pivot_needs_its_values(built: Place) -> None:
    told = _ask(built, "PIVOT genome ON submitter USING count(*)")
    assert "say which values" in str(told.exception)


def test_columns_of_one_name_are_all_there(built: Place) -> None:
    told = _ask(built, "SELECT 1 AS a, 2 AS a, 3 AS a_1", "--format", "json")
    assert json.loads(told.stdout) == [{"a": 1, "a_1": 2, "a_1_1": 3}]
    told = _ask(built, "SELECT 1 AS a, 2 AS a", "--format", "csv")
    assert told.stdout.split() == ["a,a_1", "1,2"]


def test_moments_with_a_zone_are_told_in_utc(built: Place) -> None:
    told = _ask(built, "SELECT TIMESTAMPTZ '2026-01-01 02:00:00+02' AS at", "--format", "csv")
    assert told.stdout.split()[1].startswith("2026-01-01T00:00:00")


def test_a_missing_or_foreign_file_is_one_sentence(tmp_path: Path) -> None:
    place = Place(tmp_path)
    assert "there is no database" in str(_ask(place, "SELECT 1").exception)
    place.file.write_text("no database at all")
    assert isinstance(_ask(place, "SELECT 1").exception, SpecError)


def test_who_has_read_enough_may_go(built: Place) -> None:
    words = ["query", "FROM genome", "--format", "jsonl", "--database", str(built.file)]
    process = subprocess.Popen(
        [sys.executable, "-m", "harvester", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout as rows:
        assert json.loads(rows.readline())["accession"]
    with process.stderr as errors:
        assert errors.read() == b""
    assert process.wait() == 0
