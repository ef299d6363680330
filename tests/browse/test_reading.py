"""Nothing is changed, nobody waits for ever, and a new run is seen as soon as it is there."""

from __future__ import annotations

import csv
import http.client
import io
import json
import shutil
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import pyarrow.parquet as pq
import pytest

from harvester.browse import Limits
from tests.browse.conftest import GENOMES, another_night
from tests.browse.serving import Site, served
from tests.publish.place import Place

ENDLESS = "SELECT count(*) FROM range(1000000000000)"


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM genome",
        "DROP TABLE genome",
        "CREATE TABLE memory.main.x AS SELECT 1",
        "CREATE TEMP TABLE x AS SELECT 1",
        "WITH x AS (DELETE FROM genome RETURNING *) FROM x",
        "COPY genome TO '{folder}/stolen.csv'",
        "COPY genome TO '{file}'",
        "EXPLAIN ANALYZE COPY genome TO '{folder}/stolen.csv'",
        "EXPORT DATABASE '{folder}/stolen'",
        "ATTACH '{folder}/other.duckdb'",
        "DETACH harvest",
        "USE memory",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "PRAGMA enable_profiling",
        "CALL enable_logging()",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CHECKPOINT",
        "PREPARE x AS SELECT 1",
        "SELECT 1; SELECT 2",
        "FROM read_text('{folder}/secret')",
        "FROM read_csv('{folder}/secret')",
        "FROM '{folder}/secret'",
        "FROM glob('{folder}/*')",
        "FROM read_parquet('https://example.org/x.parquet')",
        "SELECT * FROM connection",
        "SELECT * FROM seat",
        "SELECT getenv('HOME')",
        "SELEC 1",
        "",
    ],
)
def test_sql_changes_nothing_and_reads_nothing_else(lake: Place, site: Site, sql: str) -> None:
    folder = lake.file.parent
    (folder / "secret").write_text("a,b\nsecret,1\n")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    statement = sql.format(folder=folder, file=lake.file)
    assert set(site.sql(statement)) == {"error"}
    reply = site.download("csv", sql=statement)
    assert reply.status == 400
    assert "secret,1" not in reply.text
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_an_error_says_where_it_lies(site: Site) -> None:
    told = site.sql("SELECT acession FROM genome")["error"]
    assert 'Candidate bindings: "accession"' in told
    assert "LINE 1: SELEC 1" in site.sql("SELEC 1")["error"]


def test_a_selection_is_downloaded_whole(site: Site, lake: Place) -> None:
    filters = [{"column": "organism_tax_id", "operator": "is", "value": "563"}]
    columns = ["accession", "assembly_stats_contig_n50"]
    asked = {"table": "genome", "columns": columns, "filters": filters}
    wanted = lake.ask(f"SELECT {', '.join(columns)} FROM genome_flat WHERE organism_tax_id = 563")
    reply = site.download("csv", **asked, sort="accession")
    assert reply.headers["Content-Disposition"] == 'attachment; filename="genome.csv"'
    head, *rows = csv.reader(io.StringIO(reply.text))
    assert head == asked["columns"]
    assert [(accession, int(n50)) for accession, n50 in rows] == sorted(wanted)
    reply = site.download("parquet", **asked, sort="accession")
    found = pq.read_table(io.BytesIO(reply.body))
    assert [tuple(row.values()) for row in found.to_pylist()] == sorted(wanted)


def test_a_statement_is_downloaded_whole_though_the_page_shows_its_beginning(site: Site) -> None:
    sql = "SELECT * FROM range(250000) AS r(number)"
    assert len(site.sql(sql)["rows"]) == 200
    found = pq.read_table(io.BytesIO(site.download("parquet", sql=sql).body))
    assert found.column("number").to_pylist() == list(range(250_000))
    nested = site.download("parquet", sql="FROM gene")
    assert pq.read_table(io.BytesIO(nested.body)).num_rows == 2


def test_a_download_that_fails_half_way_is_no_whole_file(site: Site) -> None:
    sql = "SELECT if(range = 200000, error('gone'), 'x') AS n FROM range(300000)"
    with suppress(http.client.IncompleteRead, ConnectionResetError):
        reply = site.download("csv", sql=sql)
        assert (reply.status, "gone" in reply.text) == (400, True)  # it failed before it began
    assert site.sql("SELECT 1 AS n")["rows"] == [["1"]]


def test_what_cannot_be_downloaded_is_said(site: Site) -> None:
    for reply in (
        site.download("xlsx", table="genome"),
        site.download("csv", table="genom"),
        site.download("csv"),
    ):
        assert reply.status == 400
        assert reply.headers["Content-Type"].startswith("text/plain")
        assert "there is no" in reply.text


def test_a_question_has_its_time(lake: Place) -> None:
    with served(lake.file, Limits(seconds=0.2, download_seconds=0.2)) as site:
        told = site.sql(ENDLESS)
        assert told["error"].startswith("this took longer than 0.2 seconds and was stopped")
        assert site.sql("SELECT 1 AS n")["rows"] == [["1"]]
        assert _fails(site, "SELECT * FROM range(1000000000000)")


def _fails(site: Site, sql: str) -> bool:
    """Whether what is downloaded cannot be taken for a whole file."""
    try:
        reply = site.download("csv", sql=sql)
    except (http.client.IncompleteRead, ConnectionResetError):
        return True
    return reply.status == 400  # time was up before the first row was there


def test_who_leaves_takes_his_question_along(lake: Place) -> None:
    with served(lake.file, Limits(seconds=600)) as site:
        body = json.dumps({"sql": ENDLESS}).encode()
        for _ in range(12):
            connection = http.client.HTTPConnection(site.host, site.port)
            kind = {"Content-Type": "application/json"}
            connection.request("POST", f"{site.path}answers/sql", body, kind)
            connection.close()
        assert site.sql("SELECT 1 AS n")["rows"] == [["1"]]


@pytest.fixture(scope="module")
def nights(lake: Place, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The database after each of three nights: every one leaves a genome, and a run, more."""
    folder = tmp_path_factory.mktemp("nights")
    files = [lake.file]
    for number in (2, 3):
        files.append(another_night(files[-1], folder / f"{number}.duckdb", number))
    return files


def _publish(night: Path, file: Path) -> Path:
    """Moves a file into the place of the last one, as a run does."""
    aside = file.with_name("aside")
    shutil.copy(night, aside)
    return aside.replace(file)


def _counted(site: Site) -> tuple[int, int]:
    """The genomes, and by which snapshot."""
    told = site.ask("count", table="genome")
    return told["rows"], told["snapshot"]


def test_a_new_run_is_seen_and_what_is_under_way_keeps_its_view(
    nights: list[Path], tmp_path: Path
) -> None:
    file = _publish(nights[0], tmp_path / "x.duckdb")
    with served(file) as site:
        body = json.dumps({"sql": "SELECT accession, repeat('x', 1000) FROM genome, range(40)"})
        form = urlencode({"format": "csv", "asked": body})
        connection = http.client.HTTPConnection(site.host, site.port, timeout=30)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"{site.path}download", form, kind)
        under_way = connection.getresponse()
        assert under_way.read(10) == b"accession,"
        assert _counted(site) == (GENOMES, 1)
        _publish(nights[1], file)
        assert _counted(site) == (GENOMES + 1, 2)
        told = json.loads(site.get("answers/overview").body)
        assert (told["snapshot"], told["runs"]) == (2, 4)
        assert under_way.read().count(b"\n") == 1 + GENOMES * 40
        connection.close()


def test_what_is_no_database_does_not_replace_one(nights: list[Path], tmp_path: Path) -> None:
    file = _publish(nights[0], tmp_path / "x.duckdb")
    (tmp_path / "other").write_text("no database at all")
    with served(file) as site:
        (tmp_path / "other").replace(file)
        assert _counted(site) == (GENOMES, 1)
        file.unlink()
        assert _counted(site) == (GENOMES, 1)
        _publish(nights[1], file)
        assert _counted(site)[0] == GENOMES + 1


def _target(link: Path) -> Path | None:
    try:
        return link.readlink()
    except OSError:  # the listing's own
        return None


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are told by Linux only")
def test_nothing_stays_open_of_what_was_replaced(nights: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "x.duckdb"
    with served(_publish(nights[0], file)) as site:
        for number, night in enumerate(nights):
            _publish(night, file)
            assert _counted(site)[0] == GENOMES + number
        held = [str(_target(one)) for one in Path("/proc/self/fd").iterdir()]
        assert [name for name in held if str(tmp_path) in name] == [str(file)]


def test_rows_of_a_large_page_are_bounded(site: Site) -> None:
    assert len(site.ask("rows", table="genome", limit=10**9)["rows"]) == GENOMES
    assert len(site.ask("sql", sql="FROM range(5000)", limit=10**9)["rows"]) == 1000
