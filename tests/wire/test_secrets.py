"""The API key: in one header to one host, and nowhere else whatever is answered."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from harvester.errors import SpecError
from harvester.fetch import Pace
from harvester.settings import Settings
from tests.wire.hostile import NDJSON, Asked, Server, Told, serve

ROOT = Path(__file__).parents[2]
KEY = "5ecre7" * 6
#: One query a way of repeating the key.
TAXA = {
    "1": "redirect", "2": "refusal", "3": "too many", "4": "records", "5": "web page",
    "6": "gzip", "7": "status line", "8": "header", "9": "cut", "10": "not JSON", "11": "outage",
}  # fmt: skip
JOB = "name: secret\nlimits: {requests_per_second: 1000, concurrency: 4}\npatience: 2s\nharvest:\n"
JOB += "".join(f"  - {{resource: genome, taxa: [{taxon}]}}\n" for taxon in TAXA)
ECHO = b'{"error":"API rate limit exceeded","api-key":"%s","count":"11"}' % KEY.encode()
RECORDS = b"\n".join(
    [
        b'{"accession":"A.1","paired_accession":"KEY","new_KEY":["KEY"]}',
        b'{"accession":"A.2","assembly_info":{"assembly_level":"KEY"}}',
        b'{"accession":"A.3","broken":"KEY}',
        b'{"accession":"KEY","query":["KEY"],"warnings":[{"reason":"KEY"}]}',
    ]
).replace(b"KEY", KEY.encode())


class Hostile:
    """Repeats the key in every way, and goes out of service until it is told not to."""

    def __init__(self, elsewhere: str) -> None:
        self._elsewhere = elsewhere
        self.away = True
        self.counts: dict[str, int] = {}

    def answer(self, asked: Asked) -> Told:
        key, name = KEY.encode(), TAXA.get(_taxon(asked), "outage")
        self.counts[name] = self.counts.get(name, 0) + 1
        first = self.counts[name] == 1
        token = (("X-Ncbi-Next-Page-Token", KEY),) if "page_token" not in asked.target else ()
        return {
            "redirect": Told(ECHO, 302, headers=(("Location", f"{self._elsewhere}/?k={KEY}"),)),
            "refusal": Told(b'{"message":"your api_key=%s is odd","code":400}' % key, 400),
            "too many": Told(ECHO, 429) if first else Told(b'{"reports":[]}'),
            "records": Told(RECORDS + b"\n", kind=NDJSON, headers=token),
            "web page": Told(b"<html>%s</html>" % key, 500 if first else 404, "text/html"),
            "gzip": Told(gzip.compress(ECHO), 404, headers=(("Content-Encoding", "gzip"),)),
            "status line": Told(raw=b"HTTP/1.1 %s\r\n\r\n" % key),
            "header": Told(raw=b"HTTP/1.1 200 OK\r\n%s\x00: %s\r\n\r\n" % (key, key)),
            "cut": Told(b"x" * 290 + key, 404, "text/plain"),
            "not JSON": Told(b"oops, " + key, 200),
            "outage": Told(raw=b"") if self.away else Told(ECHO, 404),
        }[name]


def _taxon(asked: Asked) -> str:
    return asked.target.partition("/genome/taxon/")[2].partition("/")[0]


def _run(folder: Path, url: str, *flags: str) -> subprocess.CompletedProcess[bytes]:
    words = ["run", "job.yaml", "--base-url", url, "--log-file", "log", *flags]
    return subprocess.run(
        [sys.executable, "-m", "harvester", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NCBI_API_KEY": KEY},
        capture_output=True,
        timeout=50,
        check=False,
    )


def _spread(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file as it is; of Parquet and DuckDB, which compress, every value as well."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()
        if path.suffix == ".parquet":
            yield str(path), str(pq.read_table(path).to_pylist()).encode()
        if path.suffix == ".duckdb":
            yield str(path), _contents(path).encode()


def _contents(database: Path) -> str:
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.sql("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        return "".join(
            str(connection.sql(f'SELECT * FROM "{schema}"."{table}"').fetchall())
            for schema, table in tables
        )


def _names(folder: Path) -> str:
    return "\n".join(map(str, folder.rglob("*")))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Server, Server]]:
    """A run that ended in an outage, its journal still there, and the one that went on with it."""
    folder = tmp_path_factory.mktemp("secret")
    (folder / "job.yaml").write_text(JOB)
    with serve(lambda _: Told(ECHO)) as other:
        hostile = Hostile(other.url.replace("127.0.0.1", "localhost"))
        with serve(hostile.answer) as server:
            first = _run(folder, server.url, "--log-format", "json")
            assert first.returncode == 4, first.stderr
            (folder / "first").write_bytes(first.stdout + first.stderr)
            shutil.copytree(folder / "data", folder / "interrupted")
            hostile.away = False
            second = _run(folder, server.url)
            assert second.returncode == 3, second.stderr
            (folder / "second").write_bytes(second.stdout + second.stderr)
        yield folder, server, other


def test_the_key_is_in_no_file_and_on_no_screen(runs: tuple[Path, Server, Server]) -> None:
    folder, _, _ = runs
    assert KEY not in _names(folder)
    found = [name for name, data in _spread(folder) if KEY[:12].encode() in data]
    assert found == []


def test_the_runs_did_meet_the_key_everywhere(runs: tuple[Path, Server, Server]) -> None:
    folder, _, _ = runs
    journals = [path.read_bytes() for path in (folder / "interrupted").rglob("journal.jsonl")]
    assert len(journals) == 1
    assert b"[API key]" in journals[0]
    assert b"[API key]" in (folder / "log").read_bytes()
    assert b"[API key]" in (folder / "second").read_bytes()
    for table in ("genome", "meta.drift", "meta.quarantine", "meta.messages", "meta.queries"):
        assert "[API key]" in _table(folder, table), table


def _table(folder: Path, table: str) -> str:
    with duckdb.connect(str(folder / "data/harvest.duckdb"), read_only=True) as connection:
        return str(connection.sql(f"FROM {table}").fetchall())


def test_the_key_travels_in_its_header_alone(runs: tuple[Path, Server, Server]) -> None:
    _, server, _ = runs
    assert len(server.asked) > len(TAXA)
    for asked in server.asked:
        assert asked.headers["api-key"] == KEY
        rest = {name: value for name, value in asked.headers.items() if name != "api-key"}
        assert KEY not in f"{asked.target} {asked.body!r} {rest}"


def test_redirects_are_told_and_not_followed(runs: tuple[Path, Server, Server]) -> None:
    folder, _, other = runs
    assert other.asked == []
    told = (folder / "second").read_text()
    assert (
        "NCBI answered 302: it points elsewhere, which is not followed: http://localhost:" in told
    )


def test_the_key_is_on_no_command_line_and_in_no_help() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "harvester", "run", "--help"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "NCBI_API_KEY": KEY},
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    assert KEY not in done.stdout + done.stderr
    assert "key" not in done.stdout.lower()


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_bug_is_told_without_the_key(form: str) -> None:
    code = f"""
from harvester.cli.endings import status_after
from harvester.telemetry import configure
import structlog
configure({form!r}, None)
def ask(api_key):
    raise RuntimeError(f"cannot send api-key: {{api_key}}")
try:
    ask({KEY[:20]!r} + {KEY[20:]!r})
except RuntimeError as error:
    structlog.get_logger().error("failed", exc_info=True, deep=[{{"k": error}}])
    status_after(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT), "NCBI_API_KEY": KEY},
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    assert KEY not in done.stdout + done.stderr
    assert done.stderr.count("RuntimeError: cannot send api-key: [API key]") >= 3


def test_no_value_shows_the_key() -> None:
    settings = Settings.load({"NCBI_API_KEY": KEY})
    pace = Pace("https://x", 1, 1, api_key=KEY)
    assert KEY not in f"{settings!r} {settings} {pace!r} {pace}"


def test_a_key_file_that_others_can_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY)
    for mode, told in ((0o600, False), (0o640, True), (0o604, True)):
        file.chmod(mode)
        assert Settings.load({"NCBI_API_KEY_FILE": str(file)}).key_is_open is told


def test_a_key_file_that_is_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(SpecError, match="not a text file"):
            Settings.load({"NCBI_API_KEY_FILE": str(path)})
