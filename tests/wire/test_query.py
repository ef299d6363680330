"""Asking the database: formats, and all that must not be possible."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harvester.sandbox import SandboxConfig, serve_in_thread
from tests.wire.runs import harvester
from tests.wire.test_cli import GOOD


@pytest.fixture(scope="module", params=["tables", "views"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asked")
    (folder / "good.yaml").write_text(f"register: {request.param}\n{GOOD}")
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as served:
        words = ["run", "good.yaml", "--base-url", served.url, "--rps", "500"]
        done = harvester(folder, *words)
    assert done.returncode == 0, done.stderr
    return folder


def _ask(place: Path, sql: str, *flags: str) -> subprocess.CompletedProcess[str]:
    return harvester(place, "query", sql, *flags)


SQL = "SELECT gene_id, symbol, synonyms, _fetched_at, NULL AS nothing FROM gene ORDER BY gene_id"


def test_json_and_jsonl_hold_the_same_rows(place: Path) -> None:
    whole = json.loads(_ask(place, SQL, "--format", "json").stdout)
    lines = _ask(place, SQL, "--format", "jsonl").stdout.splitlines()
    assert whole == [json.loads(line) for line in lines]
    assert [row["symbol"] for row in whole] == ["BRCA1", "TP53"]
    assert isinstance(whole[0]["gene_id"], int)
    assert isinstance(whole[0]["synonyms"], list)
    assert whole[0]["nothing"] is None


def test_csv_has_a_head_and_quotes_what_needs_it(place: Path) -> None:
    text = _ask(place, SQL, "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["gene_id"] for row in rows] == ["672", "7157"]
    assert json.loads(rows[0]["synonyms"])
    assert rows[0]["nothing"] == ""


def test_no_rows_are_no_rows(place: Path) -> None:
    none = "SELECT gene_id FROM gene WHERE false"
    assert json.loads(_ask(place, none, "--format", "json").stdout) == []
    assert _ask(place, none, "--format", "jsonl").stdout == ""
    assert _ask(place, none, "--format", "csv").stdout.split() == ["gene_id"]


def test_parquet_is_parquet(place: Path) -> None:
    out = place / "asked.parquet"
    words = "SELECT gene_id, annotations FROM gene"
    code = "import sys; from harvester.cli.main import main; main()"
    with out.open("wb") as sink:
        subprocess.run(
            _python(code, "query", words, "--format", "parquet"), cwd=place, stdout=sink, check=True
        )
    assert pq.read_table(out).num_rows == 2


def _python(code: str, *words: str) -> list[str]:
    root = str(Path(__file__).parents[2])
    return [sys.executable, "-c", f"import sys; sys.path.insert(0, {root!r}); {code}", *words]


def test_the_table_does_not_paint_the_terminal(place: Path) -> None:
    done = _ask(place, "SELECT chr(27) || '[31mred' AS \"a\x1bb\", 'é' AS plain")
    assert "\x1b" not in done.stdout
    assert r"\x1b[31mred" in done.stdout
    assert "é" in done.stdout


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE gene",
        "DELETE FROM gene",
        "COPY gene TO 'stolen.csv'",
        "EXPLAIN ANALYZE COPY gene TO 'stolen.csv'",
        "ATTACH 'other.duckdb'",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_csv('good.yaml')",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "SELECT 1; DROP TABLE gene",
        "SELECT nothing_such FROM gene",
        "SELECT * FROM gen",
        "SELEC 1",
        "",
    ],
)
def test_nothing_can_be_changed_read_or_written_elsewhere(sql: str, place: Path) -> None:
    before = sorted(path.name for path in place.iterdir())
    done = _ask(place, sql)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("harvester: ")
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in place.iterdir()) == before


def test_sql_may_come_from_stdin(place: Path) -> None:
    done = subprocess.run(
        _python("from harvester.cli.main import main; main()", "query", "-", "--format", "csv"),
        cwd=place,
        input="SELECT count(*) AS n FROM gene",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["n", "2"]


def test_tables_are_listed_with_their_rows_and_columns_to_the_last_leaf(place: Path) -> None:
    listed = json.loads(harvester(place, "tables", "--format", "json").stdout)
    rows = {one["table"]: one["rows"] for one in listed}
    assert rows["gene"] == 2
    assert rows["virus"] == 0
    columns = json.loads(harvester(place, "tables", "gene", "--format", "json").stdout)
    named = {one["column"]: one for one in columns}
    assert named["gene_id"]["type"] == "BIGINT"
    assert named["annotations[].genomic_locations[].genomic_range.begin"]["type"] == "BIGINT"
    assert named["_extra"]["type"] == "JSON"
    assert all(one["meaning"] for one in columns)


def test_every_table_exists_even_if_it_was_never_harvested(place: Path) -> None:
    for table in ("annotation", "virus_flat", "genome_history", "meta.drift"):
        assert _ask(place, f"SELECT count(*) AS n FROM {table}").returncode == 0


@pytest.fixture(autouse=True)
def _nothing_left(place: Path) -> Iterator[None]:
    yield
    assert not (place / "stolen.csv").exists()
