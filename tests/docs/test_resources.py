"""The page of each resource: its job is harvested, and its three questions have answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from harvester.catalogue import RESOURCES
from harvester.model import Query
from harvester.sandbox import SandboxConfig, serve_in_thread
from harvester.spec import load_job
from tests.docs.shown import ROOT, Shown, shown
from tests.wire.runs import harvest

FOLDER = ROOT / "docs" / "resources"


def _blocks(resource: str, language: str) -> list[Shown]:
    page = FOLDER / f"{resource}.md"
    return [block for block in shown(page) if block.language == language]


def _queries(folder: Path) -> Iterator[Query]:
    """What the jobs of all pages ask for."""
    for resource in RESOURCES:
        (block,) = _blocks(resource, "yaml")
        path = folder / f"{resource}.yaml"
        path.write_text(block.text, encoding="utf-8")
        yield from load_job(path).queries


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("resources")
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0, scale=0.2)) as served:
        queries = dict.fromkeys(_queries(folder))
        assert harvest(folder, served.url, *queries).status == "complete"
    with duckdb.connect(str(folder / "x.duckdb"), read_only=True) as connection:
        yield connection


def test_every_resource_has_its_page_and_no_page_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == set(RESOURCES)


@pytest.mark.parametrize("resource", RESOURCES)
def test_three_questions_have_answers(resource: str, database: duckdb.DuckDBPyConnection) -> None:
    questions = _blocks(resource, "sql")
    assert len(questions) == 3
    for question in questions:
        assert f"FROM {resource}" in question.text, question
        _expect_something(database.sql(question.text).to_arrow_table(), question)


def _expect_something(rows: pa.Table, question: Shown) -> None:
    """A row at least, no column in which nothing stands, no row that is there twice."""
    assert rows.num_rows > 0, question
    assert len({str(row) for row in rows.to_pylist()}) == rows.num_rows, question
    for name in rows.column_names:
        assert rows[name].null_count < rows.num_rows, f"{question}: nothing in {name}"
