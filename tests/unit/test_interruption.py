"""A signal in the middle of work, Python's or DuckDB's, and what comes of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import duckdb
import pytest

from harvester.interruption import SIGNALS, Interrupted, interruptible


def _ring(number: int) -> int:
    os.kill(os.getpid(), number)
    return number


def _in_duckdb(number: int) -> None:
    """The signal comes while DuckDB works; it makes an error of its own of what that raises."""
    with duckdb.connect() as connection:
        connection.create_function("ring", _ring, ["INTEGER"], "INTEGER")
        connection.execute(f"SELECT ring({number}::INTEGER)").fetchall()


def _taken_for_a_fault(number: int) -> None:
    try:
        _in_duckdb(number)
    except duckdb.Error:
        return
    pytest.fail("the signal was not met inside DuckDB")


@pytest.mark.parametrize("which", SIGNALS)
@pytest.mark.parametrize("work", [_ring, _in_duckdb, _taken_for_a_fault])
def test_whatever_it_interrupts_it_is_one_exception(
    work: Callable[[int], object], which: signal.Signals
) -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with pytest.raises(Interrupted) as caught, interruptible():
        work(which)
    assert caught.value.number == which
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_another_error_is_itself() -> None:
    with pytest.raises(duckdb.Error, match="nowhere"), interruptible(), duckdb.connect() as one:
        one.execute("FROM nowhere")


def test_the_inner_one_tells_the_outer_one() -> None:
    def work() -> None:
        with interruptible():
            _in_duckdb(signal.SIGTERM)

    with pytest.raises(Interrupted), interruptible():
        work()
