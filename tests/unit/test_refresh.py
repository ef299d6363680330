"""When a full sweep is due, by what the lake says of earlier runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from harvester.ledger import Ledger
from harvester.model import Every, Query
from harvester.plan import chains_of
from harvester.publish import CommittedRun, Manifest, write_meta
from harvester.refresh import Refresh
from harvester.store.lake import Lake

COLI = Query("coli", "genome", "taxa", ("562", "9606"), refresh="new")
HOUR = 3600.0
SWEPT = {"refresh": "full", "state": "complete"}
TOPPED = {"refresh": "new", "state": "complete"}
FAILED = {"refresh": "full", "state": "failed"}
OLD = {"refresh": None, "state": "complete"}
SHRUNK = {"refresh": "full", "state": "shrunk"}


def _lake(folder: Path, *nights: tuple[float, dict[str, Any]]) -> Refresh:
    """A lake whose runs began so many hours ago."""
    lake, manifest = Lake(folder), Manifest()
    for number, (hours, told) in enumerate(nights):
        began = datetime.now(UTC) - timedelta(hours=hours)
        row = {"run_id": f"r{number}", "query_id": "coli", **told}
        others = [row | {"query_id": "apes", **SWEPT}]
        files = write_meta(lake, "queries", f"r{number}", [row, *others])
        run = CommittedRun(f"r{number}", began.isoformat(), "nightly")
        manifest = manifest.with_run(run, {}, {"queries": files})
    return Refresh(lake, manifest, "now")


@pytest.mark.parametrize(
    ("nights", "every", "due"),
    [
        ([], Every(), True),
        ([(1, SWEPT)], Every(), False),
        ([(24 * 8, SWEPT), (2, TOPPED), (1, TOPPED)], Every(), True),
        ([(24 * 6, SWEPT), (2, TOPPED), (1, TOPPED)], Every(), False),
        ([(23.9, SWEPT)], Every(24 * HOUR), True),
        ([(23, SWEPT)], Every(24 * HOUR), False),
        ([(1, FAILED)], Every(), True),
        ([(3, SWEPT), (2, FAILED), (1, TOPPED)], Every(), False),
        ([(1, SHRUNK)], Every(), False),
        ([(1, OLD)], Every(), False),
        ([(3, SWEPT)], Every(runs=1), True),
        ([(3, SWEPT)], Every(runs=2), False),
        ([(3, SWEPT), (2, TOPPED)], Every(runs=2), True),
        ([(9999, SWEPT), (2, TOPPED)], Every(runs=3), False),
        ([(3, TOPPED), (2, TOPPED)], Every(runs=9), True),
    ],
)
def test_a_sweep_is_due(
    nights: list[tuple[float, dict[str, Any]]],
    every: Every,
    due: bool,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    refresh = _lake(tmp_path, *nights)
    assert refresh.full_is_due(replace(COLI, full_every=every)) is due


def test_another_query_has_a_history_of_its_own(tmp_path: Path) -> None:
    refresh = _lake(tmp_path, (1, FAILED))
    assert refresh.full_is_due(COLI)
    assert not refresh.full_is_due(replace(COLI, id="apes"))


def test_the_decision_is_a_fact_of_the_journal() -> None:
    ledger = Ledger.replay([{"is": "refresh", "since": {"coli.0": "2026-11-07"}}])
    narrowed, whole = ledger.walked(chains_of(COLI))
    assert (narrowed.shard, whole.shard) == ((("first_release_date", "2026-11-07"),), ())
    assert ledger.since_of("coli") == "2026-11-07"
    assert ledger.since_of("col") == ledger.window_of("coli.1") == ledger.window_of("coli.00") == ""
    assert ledger.window_of("coli.0.3") == ledger.window_of("coli.0") == "2026-11-07"


def test_pieces_of_a_chain_stay_within_its_window() -> None:
    shard = [["first_release_date", "2026-11-10"], ["last_release_date", "2026-11-12"]]
    piece = {"id": "coli.0.0", "values": ["562"], "shard": shard, "sent": []}
    ledger = Ledger.replay(
        [
            {"is": "refresh", "since": {"coli.0": "2026-11-07"}},
            {"is": "split", "chain": "coli.0", "into": [piece], "total": 7, "kept": False},
        ]
    )
    first, _ = ledger.walked(chains_of(COLI))
    assert dict(first.shard) == dict(shard)
    again = ledger
    again.apply({"is": "restart", "chain": "coli.0", "epoch": 1})
    first, _ = again.walked(chains_of(COLI))
    assert first.shard == (("first_release_date", "2026-11-07"),)
