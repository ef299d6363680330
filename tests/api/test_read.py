"""`read` and `open_database`: what they bring, in which form, and what they refuse."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import harvester
from harvester.api.reading import _maker
from harvester.publish import build_database, read_manifest
from harvester.sandbox import Served
from harvester.store.lake import Lake
from tests.api.jobs import options

E_COLI = "GCF_000005845.2"


def test_a_table_is_read_whole(database: Path) -> None:
    genomes = harvester.read("genome", database=database)
    assert isinstance(genomes, pa.Table)
    assert sorted(map(str, genomes["accession"].to_pylist())) == ["GCF_000001405.40", E_COLI]
    assert pa.types.is_struct(genomes.schema.field("organism").type)
    assert harvester.read("meta.runs", database=database)["status"].to_pylist() == ["complete"]


def test_columns_conditions_and_limits(database: Path) -> None:
    found = harvester.read(
        "genome",
        columns=["accession", "organism.organism_name"],
        where="accession = ? -- just this one",
        parameters=[E_COLI],
        database=database,
    )
    assert found.column_names == ["accession", "organism.organism_name"]
    assert found.num_rows == 1
    assert str(found["organism.organism_name"][0]).startswith("Escherichia coli")
    assert harvester.read("gene_flat", limit=1, database=database).num_rows == 1
    assert harvester.read("gene_flat", limit=0, database=database).num_rows == 0


def test_a_table_as_it_stood(first: harvester.Summary, database: Path) -> None:
    began = dt.datetime.fromisoformat(first.started_at)
    second = dt.timedelta(seconds=1)
    east = dt.timezone(dt.timedelta(hours=9))

    def rows(moment: Any) -> int:
        return harvester.read("gene", as_of=moment, database=database).num_rows

    assert rows(began + second) == rows((began + second).astimezone(east)) == 2
    assert rows(began - second) == rows((began - second).astimezone(east)) == 0
    assert rows(dt.date(2020, 1, 31)) == rows("2020-01-31T02:00:00Z") == 0


def test_sql_with_values(database: Path) -> None:
    found = harvester.read(
        sql="SELECT symbol FROM gene WHERE gene_id = $id", parameters={"id": 672}, database=database
    )
    assert found.to_pylist() == [{"symbol": "BRCA1"}]


def test_pandas_and_polars_hold_the_same_on_the_same_memory(database: Path) -> None:
    arrow = harvester.read("gene", database=database)
    frame = harvester.read("gene", database=database, to="pandas")
    table = harvester.read("gene", database=database, to="polars")
    assert isinstance(frame, pd.DataFrame)
    assert isinstance(table, pl.DataFrame)
    assert str(frame["gene_id"].dtype) == "int64[pyarrow]"
    columns = ["gene_id", "symbol"]
    assert frame[columns].to_dict("records") == arrow.select(columns).to_pylist()
    assert table.select(columns).to_dicts() == arrow.select(columns).to_pylist()
    as_pandas, as_polars = (_maker(form)(arrow) for form in ("pandas", "polars"))
    there = pa.chunked_array(as_pandas["gene_id"].array.__arrow_array__())
    assert _address(there) == _address(arrow["gene_id"])
    assert _address(pa.chunked_array([as_polars["gene_id"].to_arrow()])) == _address(
        arrow["gene_id"]
    )


def _address(column: pa.ChunkedArray[Any]) -> int:
    """Where the values lie in memory."""
    values = column.chunks[0].buffers()[1]
    assert values is not None
    return values.address


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"table": "genom"}, "there is no table 'genom': did you mean genome?"),
        ({"table": "zzz"}, "there is no table 'zzz': there are annotation, "),
        ({"table": "genome", "columns": ["accesion"]}, 'Binder Error: Table "genome" does not'),
        ({"table": "genome", "columns": "accession"}, "columns is a list of names"),
        ({"table": "genome", "where": "1 = 1) UNION ALL (SELECT 1"}, "Binder Error: "),
        ({"table": "genome", "where": "true); DROP TABLE gene; --"}, "Parser Error: "),
        ({"table": "genome", "limit": -1}, "limit is a number of rows, not -1"),
        ({"table": "genome", "to": "excel"}, "a table cannot be read to 'excel': choose arrow"),
        ({"table": "genome", "as_of": "soon"}, "as_of is a moment such as 2026-01-31T02:00:00Z"),
        ({"table": "gene_flat", "as_of": "2026-01-31"}, "gene_flat has no past: as_of goes with"),
        ({}, 'name a table, as read("genome"), or give sql="SELECT …": one of them'),
        ({"table": "gene", "sql": "SELECT 1"}, "name a table"),
        ({"sql": "SELECT 1", "limit": 3}, "with sql=… columns, where, as_of and limit are part"),
        ({"sql": "SELECT 1; SELECT 2"}, "only one SELECT can be read"),
        ({"sql": "DROP TABLE gene"}, "only one SELECT can be read"),
        ({"sql": "COPY gene TO 'x.csv'"}, "only one SELECT can be read"),
        ({"sql": "SELEC 1"}, "Parser Error: "),
        ({"sql": "FROM read_text('/etc/hostname')"}, "Permission Error: "),
    ],
)
def test_what_cannot_be_read_is_told(asked: dict[str, Any], said: str, database: Path) -> None:
    with pytest.raises(harvester.SpecError) as caught:
        harvester.read(database=database, **asked)
    assert str(caught.value).startswith(said)


def test_what_is_no_database_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(harvester.SpecError, match=r"no database data/harvest.duckdb: `harvester"):
        harvester.read("genome")
    monkeypatch.setenv("HARVESTER_DATABASE", "named.duckdb")
    with pytest.raises(harvester.SpecError, match=r"there is no database named.duckdb"):
        harvester.open_database()
    Path("text.duckdb").write_text("no database " * 100)
    with pytest.raises(harvester.SpecError, match=r"text.duckdb cannot be opened: "):
        harvester.open_database("text.duckdb")
    duckdb.connect("other.duckdb").close()
    with pytest.raises(harvester.SpecError, match="is no database of the harvester"):
        harvester.open_database("other.duckdb")


# The connection.


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM gene",
        "DROP TABLE harvest.main.gene",
        "CREATE TABLE more (a INTEGER)",
        "COPY gene TO 'gene.csv'",
        "FROM read_text('/etc/hostname')",
        "ATTACH 'other.duckdb'",
        "SET enable_external_access = true",
        "SET allowed_paths = ['/etc/hostname']",
        "INSTALL httpfs",
    ],
)
def test_the_connection_only_reads_this_file(
    sql: str, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = database.read_bytes()
    with harvester.open_database(database) as connection:
        with pytest.raises(duckdb.Error):
            connection.execute(sql)
        assert connection.sql("SELECT count(*) FROM gene").fetchall() == [(2,)]
    assert database.read_bytes() == before
    assert list(tmp_path.iterdir()) == []


def test_tables_of_the_program_stand_beside_those_of_the_database(database: Path) -> None:
    with harvester.open_database(database) as connection:
        connection.register("mine", pa.table({"gene_id": [672]}))
        connection.execute(
            "CREATE TEMP TABLE found AS SELECT symbol FROM gene JOIN mine USING (gene_id)"
        )
        assert connection.sql("FROM found").fetchall() == [("BRCA1",)]
        cursor = connection.cursor()
        cursor.execute("USE harvest")
        assert cursor.execute("SELECT count(*) FROM genome_flat").fetchall() == [(2,)]


def test_a_database_that_is_open_hides_no_newer_one_and_blocks_no_run(
    served: Served, database: Path, tmp_path: Path
) -> None:
    shutil.copytree(database.parent, tmp_path, dirs_exist_ok=True)
    mine = tmp_path / "x.duckdb"
    more = {"name": "more", "harvest": [{"resource": "gene", "ids": [3105]}]}
    with harvester.open_database(mine) as older:
        harvester.run(more, **options(served, tmp_path))
        assert harvester.read("gene", database=mine).num_rows == 3
        assert older.sql("SELECT count(*) FROM gene").fetchall() == [(2,)]


def test_views_of_the_lake_are_read_too(database: Path, tmp_path: Path) -> None:
    shutil.copytree(database.parent / "lake", tmp_path / "a [lake]*")
    lake, mine = Lake(str(tmp_path / "a [lake]*")), tmp_path / "it's.duckdb"
    build_database(lake, read_manifest(lake), mine, register="views")
    found = harvester.read("gene", columns=["symbol"], database=mine)
    assert sorted(map(str, found["symbol"].to_pylist())) == ["BRCA1", "TP53"]
