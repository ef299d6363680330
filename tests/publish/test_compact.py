"""Folding a lake's files: nothing of what databases say is another, but what is given up."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.catalogue import RESOURCES
from harvester.compaction import Compaction, Keep, fold_lake, preview
from harvester.errors import SpecError
from harvester.publish import LakeFile, TableState, build_database, is_current, write_manifest
from harvester.publish.layout import table_layout
from tests.publish.contents import contents, rebuilt
from tests.publish.place import Place, Row, moment
from tests.publish.test_model import KEY, MANY, RUN, Model, Run, harvest

AT_ONCE = Keep(grace=timedelta(0))
ROWS: list[Row] = [{"accession": f"A{number}", "submitter": "first"} for number in range(40)]


def _compact(place: Place, keep: Keep = AT_ONCE, *files: Path) -> Compaction:
    return fold_lake(place.lake, files or [place.file], keep, lambda _: None)


def _numbers(place: Place) -> dict[str, tuple[int, ...]]:
    """How many files each table's parts have."""
    return {
        name: (len(state.data), len(state.ended), len(state.members))
        for name, state in place.manifest.tables.items()
    }


def _mixed(place: Place, nights: int) -> None:
    """Nights in which some rows change, some go and some come back."""
    place.run("genome", ROWS)
    for night in range(nights):
        some = [{"accession": f"A{number}", "submitter": f"{night}"} for number in range(3)]
        place.run("genome", some, removed=[{"accession": f"A{3 + night}"}])


@pytest.mark.timeout(300)
@settings(max_examples=6)
@given(st.lists(st.tuples(RUN, st.sampled_from(["", "fold", "publish"])), min_size=1, max_size=4))
def test_nothing_that_a_database_says_is_another(runs: list[tuple[Run, str]]) -> None:
    """Brought up to date and built anew, before a compaction, after it, and after later runs."""
    with tempfile.TemporaryDirectory() as folder:
        place, model = Place(Path(folder)), Model()
        place.run("sequence", MANY)
        place.build()
        for number, (run, then) in enumerate(runs, 2):
            expected = model.run(number, run)
            change = harvest(place, run)
            assert {kind: getattr(change, kind) for kind in ("added", "changed", "returned")} == {
                kind: expected[kind] for kind in ("added", "changed", "returned")
            }
            if then == "publish":
                place.update()
            elif then == "fold":
                before = rebuilt(place)
                _compact(place)
                assert rebuilt(place) == before
                assert contents(place.file, place.runs) == before
        place.update()
        assert contents(place.file, place.runs) == rebuilt(place)
        history = place.ask(
            f"SELECT {', '.join(KEY)}, length, _valid_from, _valid_to FROM sequence_history "
            "WHERE NOT starts_with(assembly_accession, 'M')"
        )
        assert sorted(history, key=str) == sorted(model.history(), key=str)
