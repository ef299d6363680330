"""A signal in the middle of work, Python's or DuckDB's, and what comes of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import duckdb
import pytest

from harvester.interruption import (
    SIGNALS,
    Interrupted,
    check,
    interruptible,
    listening,
    undisturbed,
)


def _ring(number: int) -> int:
    os.kill(os.getpid(), number)
    return number


def _in_duckdb(number: int) -> None:
    """The signal comes while DuckDB works; it makes an error of its own of what that raises."""
    with duckdb.connect() as connection:
        connection.create_function("ring", _ring, ["INTEGER"], "INTEGER")
        connection.execute(f"SELECT ring({number}::INTEGER)").fetchall()


@pytest.mark.parametrize("which", SIGNALS)
@pytest.mark.parametrize("work", [_ring, _in_duckdb])
def test_whatever_it_interrupts_it_is_one_exception(
    work: Callable[[int], object], which: signal.Signals
) -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with pytest.raises(Interrupted) as caught, listening(), interruptible():
        work(which)
    assert caught.value.number == which
    assert [signal.getsignal(number) for number in SIGNALS] == before
    check()  # all is forgotten


def test_another_error_is_itself() -> None:
    def work() -> None:
        with interruptible(), duckdb.connect() as one:
            one.execute("FROM nowhere")

    with listening(), pytest.raises(duckdb.Error, match="nowhere"):
        work()


class _Tidy:
    """Rings where it is tidied away: of what is raised there Python only prints a line."""

    def __del__(self) -> None:
        _ring(signal.SIGTERM)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_python_swallows_is_said_again_before_the_next_step() -> None:
    def work() -> list[str]:
        done = []
        with interruptible():
            tidy = _Tidy()
            del tidy
            done.append("the step under way")
        with pytest.raises(Interrupted), interruptible():
            done.append("the next one")
        return done

    with listening():
        assert work() == ["the step under way"]


def test_some_work_is_not_disturbed_and_then_it_is_said() -> None:
    done = []

    def work() -> None:
        with undisturbed(), undisturbed():
            _ring(signal.SIGINT)
            done.append("all of it")

    with listening(), pytest.raises(Interrupted):
        work()
    assert done == ["all of it"]
