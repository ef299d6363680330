"""Shards against the whole that they were cut from."""

from __future__ import annotations

from harvester.sums import Sums


def test_shards_that_add_up_raise_no_alarm() -> None:
    sums = Sums()
    sums.cut("q", 10, ["q.0", "q.1"])
    assert sums.count("q.0", 4) is None
    assert sums.count("q.1", 7) is None  # one more arrived meanwhile
    assert not sums.is_void("q.0")
    assert not sums.is_void("q")


def test_a_shortfall_is_told_once_by_the_last_shard() -> None:
    sums = Sums()
    sums.cut("q", 10, ["q.0", "q.1"])
    assert sums.count("q.0", 4) is None
    assert sums.count("q.1", 5) == ("q", 1)
    assert sums.count("q.1", 5) is None
    assert sums.count("stranger", 1) is None


def test_shards_that_hold_everything_are_told_at_once() -> None:
    sums = Sums()
    sums.cut("q", 5000, ["q.0", "q.1", "q.2"])
    assert sums.count("q.0", 5000) is None
    assert sums.count("q.1", 5000) == ("q", -5000)
    assert sums.parent("q.2") == "q"
    assert sums.parent("q") is None


def test_a_few_records_more_are_new_ones() -> None:
    sums = Sums()
    sums.cut("q", 5000, ["q.0", "q.1"])
    assert sums.count("q.0", 2500) is None
    assert sums.count("q.1", 2550) is None


def test_shards_of_what_is_walked_as_one_are_void_at_any_depth() -> None:
    sums = Sums()
    sums.cut("q", 10, ["q.0", "q.1"])
    sums.cut("q.1", 6, ["q.1.0", "q.1.1"])
    assert not sums.is_void("q.1.0")
    sums.forget("q.1")
    assert sums.is_void("q.1.0")
    assert not sums.is_void("q.1")
    assert not sums.is_void("q.0")
    sums.forget("q")
    assert sums.is_void("q.1")
    assert sums.is_void("q.0")
