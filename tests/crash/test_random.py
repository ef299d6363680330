"""Runs that are killed at random moments: `python -m benchmarks.kills` does it more often."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.kills import FAULTS, killed_lakes, unharmed
from tests.crash.lab import night, sandbox


@pytest.mark.crash
@pytest.mark.timeout(240)
def test_twenty_kills_and_no_row_is_lost_or_doubled(tmp_path: Path) -> None:
    with sandbox(night()) as served:
        whole = unharmed(tmp_path / "whole", served.url)
        served.faults.set(FAULTS)
        reports = list(killed_lakes(tmp_path, served.url, whole, range(4), kills=5))
    assert [fault for report in reports for fault in report.faults] == []
    assert sum(len(report.kills) for report in reports) == 20
