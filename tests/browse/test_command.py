"""`harvester browse` as the program that it is."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from harvester.cli.browse import browse
from harvester.errors import SpecError
from tests.browse.conftest import GENOMES
from tests.browse.serving import Site
from tests.publish.place import Place

ROOT = Path(__file__).parents[2]


def test_it_prints_an_address_and_serves_until_it_is_told_to_end(
    lake: Place, tmp_path: Path
) -> None:
    words = ["browse", "--database", str(lake.file)]
    process = subprocess.Popen(
        [sys.executable, "-m", "harvester", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    site = Site(process.stdout.readline().strip())
    assert site.sql("SELECT count(*) AS n FROM genome")["rows"] == [[str(GENOMES)]]
    process.send_signal(signal.SIGINT)
    out, told = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    assert "until Ctrl-C" in told
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_served_is_one_sentence(lake: Place, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("no database at all")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for words, said in (
            (["--database", str(tmp_path / "nothing")], "there is no database"),
            (["--database", str(other)], "cannot be opened"),
            (["--database", str(lake.file), "--port", port], "choose another with --port"),
        ):
            told = CliRunner().invoke(browse, words)
            assert isinstance(told.exception, SpecError)
            assert said in str(told.exception)
