"""Whole histories of a table against a plain model of what it should hold."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.publish import TableChange
from tests.publish.contents import contents, rebuilt
from tests.publish.place import GOOD, Place, Row, moment

Key = tuple[str, str | None, str | None]

KEY = ("assembly_accession", "genbank_accession", "refseq_accession")
KEYS: list[Key] = [("G", "a", None), ("G", None, "a"), ("G", "a", "a"), ("H", None, None)]


@dataclass(frozen=True)
class Run:
    """Rows in parts, each with its value and whether its epoch counts; keys proven to be gone."""

    parts: list[list[tuple[Key, int | None, bool]]]
    removed: set[Key]


def _row(key: Key, value: int | None, *, valid: bool) -> Row:
    values: Row = {**dict(zip(KEY, key, strict=True)), "length": value}
    return values | {"_chain": GOOD if valid else "q.0/9"}


RUN = st.builds(
    Run,
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from(KEYS),
                st.none() | st.integers(1, 2),
                st.sampled_from([True, True, True, False]),
            ),
            max_size=4,
        ),
        max_size=3,
    ),
    st.sets(st.sampled_from(KEYS), max_size=2),
)
RUNS = st.lists(RUN, max_size=5)
#: So many rows that no run doubles them.
MANY = [_row((f"M{number}", None, None), None, valid=True) for number in range(60)]


@dataclass
class Model:
    """What a table should hold: slow, obvious, in memory."""

    current: dict[Key, int | None] = field(default_factory=dict)
    seen: set[Key] = field(default_factory=set)
    states: list[dict[Key, int | None]] = field(default_factory=list)
    versions: list[tuple[Any, ...]] = field(default_factory=list)
    open: dict[Key, int] = field(default_factory=dict)

    def run(self, number: int, run: Run) -> dict[str, int]:
        rows = [(key, value) for part in run.parts for key, value, valid in part if valid]
        delivered = dict(rows)
        counts = dict.fromkeys(("added", "changed", "returned", "removed"), 0)
        for key, value in delivered.items():
            if key in self.current and self.current[key] == value:
                continue
            kind = "changed" if key in self.current else "returned" if key in self.seen else "added"
            counts[kind] += 1
            self._end(key, number)
            self.open[key] = number
            self.current[key] = value
        for key in run.removed - delivered.keys():
            if key in self.current:
                counts["removed"] += 1
                self._end(key, number)
                del self.current[key]
        self.seen |= delivered.keys()
        self.states.append(dict(self.current))
        duplicates = len(rows) - len(delivered)
        return counts | {"rows": len(self.current), "records": len(rows), "duplicates": duplicates}

    def history(self) -> list[tuple[Any, ...]]:
        still = [(*key, self.current[key], moment(began), None) for key, began in self.open.items()]
        return self.versions + still

    def _end(self, key: Key, number: int) -> None:
        if key in self.open:
            began = self.open.pop(key)
            self.versions.append((*key, self.current[key], moment(began), moment(number)))


def harvest(place: Place, run: Run) -> TableChange:
    parts = [[_row(key, value, valid=valid) for key, value, valid in part] for part in run.parts]
    removed = [dict(zip(KEY, key, strict=True)) for key in run.removed]
    return place.run("sequence", *parts, removed=removed)


def _sorted(rows: list[Any]) -> list[Any]:
    return sorted(rows, key=str)


def _states(model: Model) -> Iterator[tuple[int, list[tuple[Any, ...]]]]:
    for number, state in enumerate(model.states, 1):
        yield number, [(*key, value) for key, value in state.items()]


@pytest.mark.timeout(300)
@settings(max_examples=5)
@given(RUNS, st.sampled_from(["tables", "views"]))
def test_every_history_is_as_the_model_says(runs: list[Run], register: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place, model = Place(Path(folder)), Model()
        for number, run in enumerate(runs, 1):
            expected = model.run(number, run)
            change = harvest(place, run)
            assert {name: getattr(change, name) for name in expected} == expected
        place.build(register)
        columns = ", ".join((*KEY, "length"))
        now = [(*key, value) for key, value in model.current.items()]
        assert _sorted(place.ask(f"SELECT {columns} FROM sequence")) == _sorted(now)
        history = place.ask(f"SELECT {columns}, _valid_from, _valid_to FROM sequence_history")
        assert _sorted(history) == _sorted(model.history())
        for number, state in _states(model):
            then = f"SELECT {columns} FROM sequence_as_of('{moment(number)}')"
            assert _sorted(place.ask(then)) == _sorted(state)
        told = place.ask("SELECT count(*) FROM meta.changes")
        assert told == [len(model.history()) + sum(_removals(place))]


@pytest.mark.timeout(300)
@settings(max_examples=3)
@given(st.lists(st.tuples(RUN, st.booleans()), min_size=1, max_size=4))
def test_an_updated_database_is_a_rebuilt_one(runs: list[tuple[Run, bool]]) -> None:
    """Some runs are not published at once, so that an update has to catch up with several."""
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        place.run("sequence", MANY)
        place.build()
        for number, (run, published) in enumerate(runs, 1):
            change = harvest(place, run)
            if published or number == len(runs):
                updated = place.update()
                assert updated or not change.files.files
                assert contents(place.file, place.runs) == rebuilt(place)


def _removals(place: Place) -> Iterator[int]:
    yield place.ask("SELECT count(*) FROM meta.changes WHERE change = 'removed'")[0]
