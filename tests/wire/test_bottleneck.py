"""What a run says limits it, held against servers that do limit it in that way."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from harvester.bottleneck import Bottleneck, Remaining
from harvester.engine import Live
from harvester.fetch import Pace
from harvester.model import Job, Query
from harvester.runner import run_job
from harvester.sandbox import SandboxConfig, serve_in_thread
from tests.wire.runs import HASTY

GENES = ("672", "675", "7157", "3105", "1956", "3845", "7316", "5728")


class Witness:
    """Remembers what it was told."""

    interval = 0.05

    def __init__(self) -> None:
        self._bottleneck, self._remaining = Bottleneck(), Remaining(self._clock)
        self._now = 0.0
        self.said: Counter[str] = Counter()
        self.left: list[float] = []

    def _clock(self) -> float:
        return self._now

    def tick(self, live: Live) -> None:
        self._now += 1.0
        self.said[self._bottleneck.note(live)] += 1
        left = self._remaining.note(live)
        if left is not None:
            self.left.append(left)


@pytest.mark.parametrize(
    ("config", "rate", "said"),
    [
        (SandboxConfig(latency=0.0, rps=0), 6.0, "the rate limit"),
        (SandboxConfig(latency=0.4, rps=0), 500.0, "NCBI's answers"),
        (SandboxConfig(latency=0.0, rps=0, faults="429@1"), 6.0, "NCBI's throttling"),
    ],
    ids=["rate", "answers", "throttling"],
)
def test_the_reason_is_the_real_one(
    config: SandboxConfig, rate: float, said: str, tmp_path: Path
) -> None:
    queries = tuple(Query(f"q{gene}", "gene", "ids", (gene,)) for gene in GENES)
    job = Job("job", queries, lake=str(tmp_path / "l"), database=str(tmp_path / "d"))
    witness = Witness()
    with serve_in_thread(config) as served:
        pace = Pace(served.url, rate, 3, policy=HASTY)
        run_job(job, pace, witness, fresh=False, on_publish=lambda: None)
    assert witness.said.most_common(1)[0][0] == said, witness.said
    assert witness.left[-1] == 0
