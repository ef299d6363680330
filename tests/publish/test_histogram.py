"""How the rows of earlier runs are spread over time, from the lake's files."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from harvester.catalogue import RESOURCES
from harvester.publish.histogram import Days
from harvester.publish.manifest import LakeFile, TableState
from harvester.store.lake import Lake

OLD, NEW = date(2020, 5, 1), date(2024, 2, 29)


def _file(lake: Lake, path: str, rows: list[dict[str, Any]]) -> tuple[LakeFile, ...]:
    target = Path(lake.path(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), target)
    return (LakeFile(path, len(rows), target.stat().st_size, "run"),)


def _days(folder: Path) -> Days:
    """Question 1 brought a twice, having missed it between, and b; question 2 lost c for good."""
    lake = Lake(folder)
    days = {"a": OLD, "b": NEW, "c": NEW, "undated": None}
    data = [{"accession": key, "release": {"date": day}} for key, day in days.items()]
    told = [(1, "a", True), (1, "b", True), (1, "undated", True), (2, "c", False), (1, "a", True)]
    members = [{"scope": scope, "accession": key, "present": there} for scope, key, there in told]
    state = TableState(
        data=_file(lake, "genome/a.parquet", data),
        members=_file(lake, "_members/a.parquet", members),
    )
    return Days(lake, RESOURCES["genome"], state, ("release", "date"), str(folder / "spill"))


def test_each_row_of_a_question_counts_once_on_its_day(tmp_path: Path) -> None:
    assert _days(tmp_path).counts([1, 2, 3]) == {1: [(OLD, 1), (NEW, 1)]}


def test_the_newest_day_of_each_question_that_brought_rows(tmp_path: Path) -> None:
    assert _days(tmp_path).newest([1, 2]) == {1: NEW}
    assert _days(tmp_path).newest([2, 3]) == {}
