"""The lake after many nights: not much more than its distinct versions of rows."""

from __future__ import annotations

import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.nights import Nights
from harvester.catalogue import RESOURCES
from harvester.compaction import Keep, fold_lake, preview
from harvester.publish import Manifest, read_manifest
from harvester.publish.files import write_file
from harvester.publish.layout import table_layout
from harvester.publish.ranked import Ranked
from harvester.publish.sql import parquet
from harvester.publish.workbench import workbench
from harvester.sandbox import SandboxConfig, Size, serve_in_thread
from harvester.store.lake import Lake

ASSEMBLY = "GCF_000001405.40"
NIGHTS = 30


def _first_night(folder: Path, records: int) -> Nights:
    sizes = (Size("annotation", ASSEMBLY, records),)
    path = f"/genome/accession/{ASSEMBLY}/annotation_report?page_size=1000"
    headers = {"Accept": "application/x-ndjson"}
    nights = Nights(Lake(folder / "lake"), "annotation", "description")
    (folder / "pages").mkdir()
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0, sizes=sizes)) as served:
        asked = urllib.request.Request(f"{served.url}{path}", headers=headers)  # noqa: S310 - loopback
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
            (folder / "pages/1.ndjson").write_bytes(answer.read())
    nights.harvest(folder / "pages", (("assembly_accession", ASSEMBLY),))
    return nights


def _weight(lake: Lake, manifest: Manifest) -> int:
    return sum(lake.size(path) for path in manifest.paths())


def _once(lake: Lake, manifest: Manifest) -> int:
    """The bytes of one file with every version, in order."""
    layout = table_layout(RESOURCES["annotation"])
    files = [file.path for file in manifest.table("annotation").data]
    with workbench(lake.path("_runs/spill"), "256MB") as connection:
        ranked = Ranked(connection, lake, files, layout.arrow, "_runs/rows.arrow")
        rows = f"{parquet(lake, files, 'file_row_number')} v"
        ordered = ranked.batches(rows, "assembly_accession, length(row_id), row_id, _run_id")
        written = write_file(lake, "_runs/once.parquet", layout.arrow, ordered)
    assert written is not None
    assert written.rows == manifest.table("annotation").versions
    return written.size


@pytest.mark.timeout(240)
def test_many_nights_take_little_more_room_than_their_versions(tmp_path: Path) -> None:
    nights = _first_night(tmp_path, 1000)
    lake, keep = nights.lake, Keep(grace=timedelta(0))
    for number in range(2, NIGHTS + 2):
        nights.night(number, 0.01)
    manifest = read_manifest(lake)
    once = _once(lake, manifest)
    assert _weight(lake, manifest) > 1.3 * once
    assert preview(lake, keep).folds
    folded = fold_lake(lake, [], keep, lambda _: None).manifest

    assert _weight(lake, folded) < 1.3 * once
