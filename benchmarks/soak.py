"""`python -m benchmarks.soak [--minutes N] [--seed N]`: night after night of faults and kills.

Two jobs share a lake. Each night NCBI holds other records, answers with faults, and the runs are
killed at random moments until they are left to end. A second lake has the same nights in peace:
after each night both must hold the same rows, the same past, the same changes. Exit status 1 where
they do not.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.kills import SAME, kill_somewhere
from tests.crash.lab import Lab, night, sandbox

__all__ = ["main"]

_FAULTS = ("500:0.05", "503:0.03", "reset:0.03", "reset-body:0.03", "truncated:0.03",
           "badgzip:0.03", "stale-token:0.04", "camel:0.2")  # fmt: skip
_MOST_KILLS = 3
_PARTIAL = 3
_LONGEST = 4.0
_SECOND_JOB = """\
name: second
harvest:
  - resource: gene
    ids: [672, 7157, 3105, 999999999]
  - resource: taxonomy
    taxa: [9606, 562]
"""
_JOBS = ("job.yaml", "second.yaml")


@dataclass(slots=True)
class Soak:
    """A lake in trouble, one in peace, and what was counted."""

    troubled: Lab
    peaceful: Lab
    chance: random.Random
    counts: Counter[str] = field(default_factory=Counter)

    def night(self, number: int) -> list[str]:
        """One night of both lakes; gives what is wrong after it."""
        faults = ",".join(self.chance.sample(_FAULTS, self.chance.randint(0, 3)))
        with sandbox(night(number)) as calm, sandbox(night(number, faults=faults)) as wild:
            for job in _JOBS:
                self._in_peace(calm.url, job)
                self._in_trouble(wild.url, job)
            self.counts["requests"] += wild.stats.requests
            self.counts["faults"] += wild.stats.faults.total()
        self.counts["nights"] += 1
        return list(self._wrong())

    def _in_peace(self, url: str, job: str) -> None:
        words = self.peaceful.run_words(url, "--accept-removals", job=job)
        _expect(self.peaceful, self.peaceful.do(*words), 0)

    def _in_trouble(self, url: str, job: str) -> None:
        words = self.troubled.run_words(url, "--accept-removals", job=job)
        for _ in range(self.chance.randint(0, _MOST_KILLS)):
            status = kill_somewhere(self.troubled, words, self.chance, _LONGEST)
            self.counts["kills"] += status == -signal.SIGKILL
            self.counts["drained"] += status == 128 + signal.SIGTERM
        while (status := self.troubled.do(*words)) != 0:
            self.counts[f"runs that ended with {status}"] += 1
            _expect(self.troubled, status, _PARTIAL)

    def _wrong(self) -> Iterator[str]:
        mine, others = self.troubled.state(SAME), self.peaceful.state(SAME)
        if mine is None or others is None:
            yield "there is no database"
            return
        for name in others:
            if mine[name] != others[name]:
                yield f"{name}: {mine[name][0]} rows, {others[name][0]} in peace"
        if strays := self.troubled.strays():
            yield f"left behind: {sorted(strays)}"
        if waiting := [r["run_id"] for r in self.troubled.status() if r["status"] != "complete"]:
            yield f"not complete: {waiting}"


def _expect(lab: Lab, status: int, expected: int) -> None:
    if status != expected:
        raise SystemExit(f"{lab.said}\na run ended with {status}")


def main() -> int:
    """Soaks for as long as it is told, then prints what it saw."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    options.add_argument("--minutes", type=float, default=60.0)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    end = time.monotonic() + 60 * chosen.minutes
    with tempfile.TemporaryDirectory(prefix="harvester-soak-") as name:
        labs = (Lab(Path(name) / "troubled"), Lab(Path(name) / "peaceful"))
        for lab in labs:
            (lab.folder / "second.yaml").write_text(_SECOND_JOB)
        soak = Soak(*labs, random.Random(chosen.seed))
        wrong = _nights(soak, end)
        told = ", ".join(f"{count:,} {what}" for what, count in soak.counts.items())
        rows = {name: count for name, (count, _) in (labs[0].state(SAME) or {}).items()}
    print(f"\nseed {chosen.seed}: {told}\nrows: {rows}\nnights that went wrong: {wrong}")
    return 1 if wrong else 0


def _nights(soak: Soak, end: float) -> int:
    wrong = number = 0
    while time.monotonic() < end:
        faults = soak.night(number)
        number, wrong = number + 1, wrong + bool(faults)
        print(f"night {number}: {'; '.join(faults) or 'equal'}", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
