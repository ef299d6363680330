"""Answers that want to eat the machine: each costs its own query, and memory stays bounded."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from tests.wire.hostile import Asked, Told, serve

ROOT = Path(__file__).parents[2]
GIGABYTE = 2**30
GENE = b'{"reports":[{"gene":{"gene_id":"672"},"query":["672"]}],"total_count":1}'
ZIPPED = (("Content-Encoding", "gzip"),)
TOO_LARGE = "larger than the 16 MB that limits.page_megabytes allows"
#: The program with its greatest size on the last line of stderr, in KiB. A process's `ru_maxrss`
#: begins with what its parent held, so it is no measure here.
PROGRAM = """\
import atexit, sys
from pathlib import Path
from harvester.cli.main import main

@atexit.register
def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    (size,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    sys.stderr.write(f"{size}\\n")

main()
"""


def _bomb() -> bytes:
    """A gigabyte of blanks, gzipped, made of one piece that repeats."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(b" " * 2**24) + packer.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + piece * (GIGABYTE // 2**24)


#: By taxon: what is answered, and what the user is told.
HOSTILE = {
    "1": (Told(_bomb(), headers=ZIPPED), TOO_LARGE),
    "2": (Told(b" " * (2**24 + 1)), TOO_LARGE),
    "3": (Told(_bomb(), 400, headers=ZIPPED), "NCBI answered 400"),
    "4": (Told(b'{"reports":[%s1]}' % (b"1," * 8_300_000)), "more than 8,000,000 values"),
    "5": (Told(b'{"accession":"a"}\n' + b"5\n" * 100_001), "more than 100,000 lines"),
    "6": (Told(gzip.compress(b"") * 50_000, headers=ZIPPED), "more than 100 gzip members"),
    "7": (Told(b"[" * 100_000, 400), "NCBI answered 400"),
    "8": (Told(b"{}", headers=(("X-Ncbi-Next-Page-Token", "t" * 5000),)), "token is none"),
    "9": (Told(b"{}", headers=(("X-Ncbi-Next-Page-Token", "\xff"),)), "token is none"),
}


def _answer(asked: Asked) -> Told:
    if "/gene/" in asked.target:
        return Told(GENE, headers=(("X-RateLimit-Limit", "9" * 5000),))
    taxon = asked.target.partition("/genome/taxon/")[2].partition("/")[0]
    return HOSTILE[taxon][0] if taxon else Told(status=404)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to measure")
def test_hostile_answers_fail_their_queries_alone_in_bounded_memory(tmp_path: Path) -> None:
    queries = "".join(f"  - {{resource: genome, taxa: [{taxon}]}}\n" for taxon in HOSTILE)
    (tmp_path / "job.yaml").write_text(
        "name: hostile\nlimits: {page_megabytes: 16, requests_per_second: 1000}\n"
        f"harvest:\n  - {{resource: gene, ids: [672]}}\n{queries}"
    )
    with serve(_answer) as server:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "run", "job.yaml", "--json", "--base-url", server.url],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
    assert done.returncode == 3, done.stderr
    summary = json.loads(done.stdout)
    reasons = {entry["query"].rpartition(" ")[2]: entry["reason"] for entry in summary["failed"]}
    assert reasons.keys() == HOSTILE.keys()
    for taxon, (_, told) in HOSTILE.items():
        assert told in reasons[taxon]
    assert summary["tables"]["gene"]["rows"] == 1
    assert int(done.stderr.splitlines()[-1]) < 450 * 1024
