"""`python -m benchmarks.fuzz [--minutes N] [--seed N]`: damaged pages, judged one by one.

Prints how many were judged and, for each fault, the number that makes the same page again. Exit
status 1 where there is a fault.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from harvester.catalogue import RESOURCES
from tests.unit.damage import page
from tests.unit.judge import DECODERS, STAMP, apart, faults, misread

__all__ = ["main"]

_TABLES = tuple(RESOURCES)
_TOLD = 20


def main() -> int:
    """Judges pages until the time is over."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--seed", type=int, default=1, help="of the first page")
    chosen = options.parse_args()
    end = time.monotonic() + 60 * chosen.minutes
    seed, lines, bad = chosen.seed, 0, 0
    while time.monotonic() < end and bad < _TOLD:
        received, found = _judged(seed)
        lines += received
        bad += bool(found)
        for fault in found[:1]:
            print(f"seed {seed}, {_table(seed)}: {fault}", flush=True)
        seed += 1
    print(f"{seed - chosen.seed:,} pages of {lines:,} lines, {bad} with a fault")
    return 1 if bad else 0


def _table(seed: int) -> str:
    return _TABLES[seed % len(_TABLES)]


def _judged(seed: int) -> tuple[int, list[str]]:
    """The lines of one page, and all that is wrong with how it was read."""
    chance, table = random.Random(seed), _table(seed)
    data = page(chance, RESOURCES[table])
    decoded = DECODERS[table].decode(data, STAMP)
    found = [*faults(data, decoded, RESOURCES[table]), *apart(data, DECODERS[table])]
    return decoded.received, [*found, *misread(chance, data, "reports")]


if __name__ == "__main__":
    sys.exit(main())
