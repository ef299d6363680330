from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.errors import RefusedError, TransientError
from harvester.fetch.retry import Budget, Policy, judge_status, retry_after

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520])
def test_passing_faults_are_asked_again(status: int) -> None:
    assert isinstance(judge_status(status, {}, "", NOW), TransientError)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410, 501])
def test_refusals_are_not(status: int) -> None:
    error = judge_status(status, {}, "no such thing", NOW)
    assert isinstance(error, RefusedError)
    assert error.status == status
    assert "no such thing" in str(error)


@pytest.mark.parametrize("detail", ["<HTML><title>403 Error - NCBI</title>", ""])
def test_a_web_page_as_403_is_a_block_not_a_refusal(detail: str) -> None:
    error = judge_status(403, {}, detail, NOW)
    assert isinstance(error, TransientError)
    assert error.reason == "blocked"


def test_200_is_no_fault() -> None:
    assert judge_status(200, {}, "", NOW) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("Sat, 21 Nov 2026 02:00:09 GMT", 9),
        ("Sat, 21 Nov 2026 01:00:00 GMT", 0),
        ("100000", 300),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_in_both_its_forms(header: str, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


@given(st.integers(1, 30), st.floats(0, 1), st.one_of(st.none(), st.floats(0, 300)))
def test_waits_stay_between_what_was_asked_and_the_cap(
    attempt: int, chance: float, asked: float | None
) -> None:
    policy = Policy()
    wait = policy.wait(attempt, TransientError("x", wait=asked), chance)
    if attempt >= policy.attempts:
        assert wait is None
    else:
        assert wait is not None
        assert (asked or 0) <= wait <= max(asked or 0, policy.longest_wait)


@given(st.floats(1, 7 * 86400))
def test_waits_fit_into_the_patience(patience: float) -> None:
    policy = Policy.within(patience)
    assert policy.first_wait <= min(1.0, patience / 10)
    assert policy.longest_wait <= min(30.0, patience / 4)
    assert Policy.within(patience).attempts == Policy().attempts
    assert Policy.within(3600) == Policy()


def test_a_run_may_ask_again_often_and_more_often_the_better_it_goes() -> None:
    assert not Budget(good=0, used=199).spent
    assert Budget(good=0, used=200).spent
    assert not Budget(good=1000, used=1199).spent
    assert Budget(good=1000, used=1200).spent


def test_jitter_is_full() -> None:
    policy, error = Policy(), TransientError("x")
    assert policy.wait(3, error, 0.0) == 0
    assert policy.wait(3, error, 1.0) == 4 * policy.first_wait
