"""A run as a process: its command line, its end, and how it is asked to end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from harvester.cli.schedule import _address, _command
from harvester.model import Limits
from harvester.schedule.child import Child, Ended
from harvester.settings import Settings
from tests.schedule.days import echo, job, summary

KEY = "0123456789abcdef-secret"
#: Says through a pipe that it is ready, and that it drains; is gone the second time it is asked.
#: A signal that comes before it waits is not lost: it is blocked all the time.
STUBBORN = """\
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
pipe = os.open("pipe", os.O_WRONLY)
os.write(pipe, b"ready\\n")
for _ in range(2):
    signal.sigwait([signal.SIGTERM])
    os.write(pipe, b"drains\\n")
os._exit(130)
"""


def test_a_run_ends_with_its_summary() -> None:
    ended = asyncio.run(Child(echo)(job("a", "* * * * *")))
    assert (ended.code, ended.good, ended.status) == (0, True, "complete")
    assert ended.summary is not None
    assert ended.summary["job"] == "a"


@pytest.mark.parametrize(
    ("ended", "status"),
    [
        (Ended(0, summary("a")), "complete"),
        (Ended(3, summary("a", status="partial")), "partial"),
        (Ended(143, summary("a", status="interrupted")), "interrupted"),
        (Ended(5), "locked"),
        (Ended(130), "interrupted"),
        (Ended(-signal.SIGTERM), "interrupted"),
        (Ended(-signal.SIGKILL), "error"),
        (Ended(0), "error"),
        (Ended(1), "error"),
        (Ended(1, summary("a")), "error"),  # its database is behind
    ],
)
def test_how_it_ended_is_one_word(ended: Ended, status: str) -> None:
    assert ended.status == status
    assert ended.good == (status == "complete")


@pytest.mark.parametrize("said", ["", "not JSON", "[1]", '"text"', "{}"])
def test_what_is_no_summary_is_none(said: str) -> None:
    assert asyncio.run(Child(lambda _: ["echo", said])(job("a", "* * * * *"))) == Ended(0)


def test_the_first_time_it_drains_and_the_second_time_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")

    async def stop_twice() -> Ended:
        child = Child(lambda _: [sys.executable, "-S", "-c", STUBBORN])
        run = asyncio.create_task(child(job("a", "* * * * *")))
        with await asyncio.to_thread(Path("pipe").open) as pipe:
            for heard in ("ready\n", "drains\n"):
                assert await asyncio.to_thread(pipe.readline) == heard
                assert not run.done()
                child.stop()
            return await run

    assert asyncio.run(stop_twice()) == Ended(130)


def test_what_is_begun_after_the_stop_ends_too() -> None:
    async def begun_late() -> Ended:
        child = Child(lambda _: ["sleep", "60"])
        child.stop()
        return await child(job("a", "* * * * *"))

    assert asyncio.run(begun_late()).status == "interrupted"


def test_runs_side_by_side_share_the_rate_and_no_command_line_holds_the_key() -> None:
    nightly = job("a", "* * * * *")
    keyed = Settings(api_key=KEY)
    alone = _command(nightly, ["--strict"], keyed, 1)
    assert alone[-3:] == ["--strict", "--", "a.yaml"]
    shared = _command(nightly, [], keyed, 4)
    assert shared[-4:] == ["--rps", "2.5", "--", "a.yaml"]
    slow = type(nightly)("b", (), source="b.yaml", limits=Limits(requests_per_second=1))
    assert _command(slow, [], keyed, 2)[-4:] == ["--rps", "0.5", "--", "b.yaml"]
    assert _command(nightly, [], Settings(rps=3), 1)[-4:] == ["--rps", "3", "--", "a.yaml"]
    assert KEY not in json.dumps([alone, shared])


def test_who_is_not_told_where_listens_on_this_machine_alone() -> None:
    assert _address(None, once=False) == ("127.0.0.1", 9464)
    assert _address("0.0.0.0:80", once=False) == ("0.0.0.0", 80)
    assert _address("off", once=False) is _address(None, once=True) is None
