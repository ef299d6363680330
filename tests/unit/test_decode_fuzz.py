"""Damaged pages against a slow, obvious judge; `python -m benchmarks.fuzz` goes on for longer."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.catalogue import RESOURCES
from tests.unit.damage import page
from tests.unit.judge import DECODERS, STAMP, apart, faults, misread

_chances = st.integers(0, 2**64).map(random.Random)
_tables = st.sampled_from(list(RESOURCES))


@settings(max_examples=500)
@given(_chances, _tables)
def test_each_value_is_in_its_column_in_extra_or_in_quarantine(
    chance: random.Random, table: str
) -> None:
    data = page(chance, RESOURCES[table])
    assert faults(data, DECODERS[table].decode(data, STAMP), RESOURCES[table]) == []


@settings(max_examples=200)
@given(_chances, _tables)
def test_a_page_is_its_lines_one_by_one(chance: random.Random, table: str) -> None:
    assert apart(page(chance, RESOURCES[table]), DECODERS[table]) == []


@settings(max_examples=300)
@given(_chances, _tables)
def test_an_answer_is_its_records(chance: random.Random, table: str) -> None:
    assert misread(chance, page(chance, RESOURCES[table]), "reports") == []
