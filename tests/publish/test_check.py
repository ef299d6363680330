"""A database that is not what it should be is told of before anybody sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb
import pytest

from harvester.errors import LakeError
from harvester.publish.check import check, check_form
from harvester.publish.layout import Layout
from harvester.publish.workbench import KEYS, workbench
from tests.publish.place import Place


@pytest.fixture
def built(place: Place) -> Place:
    place.run("gene", [{"gene_id": 1, "symbol": "a"}, {"gene_id": 2, "symbol": "b"}])
    place.build()
    return place


def _check(place: Place, *damage: str) -> None:
    with duckdb.connect(str(place.file)) as connection:
        for statement in damage:
            connection.execute(statement)
    with workbench("", KEYS) as bench:
        check(bench, place.file, place.manifest)


def test_what_was_built_is_right(built: Place) -> None:
    _check(built)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (("DELETE FROM gene WHERE gene_id = 2",), 'main."gene" has 1 rows, the lake 2'),
        (("DELETE FROM meta.runs",), 'meta."runs" has 0 rows, the lake 1'),
        (
            ("DELETE FROM gene WHERE gene_id = 2", "INSERT INTO gene FROM gene"),
            "gene has 1 keys more than once",
        ),
    ],
)
def test_what_is_not_right_is_told(built: Place, damage: tuple[str, ...], told: str) -> None:
    with pytest.raises(LakeError, match=re.escape(told)):
        _check(built, *damage)


def test_views_that_do_not_say_what_their_columns_are_are_told(place: Place) -> None:
    place.run("gene", [{"gene_id": 1, "symbol": "a"}])
    place.build(register="views")
    with duckdb.connect(str(place.file)) as connection:
        connection.execute("COMMENT ON COLUMN gene.symbol IS NULL")
    with workbench("", KEYS) as bench:
        check(bench, place.file, place.manifest)
        with pytest.raises(LakeError, match="1 columns are not documented"):
            check(bench, place.file, place.manifest, views=True)


def test_each_build_of_views_looks_whether_they_are_documented(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(layout: Layout, *, views: bool) -> Iterator[str]:
        del layout, views
        return iter(())

    place.run("gene", [{"gene_id": 1, "symbol": "a"}])
    place.build(register="views")
    monkeypatch.setattr("harvester.publish.load.comments_on_rows", silent)
    with pytest.raises(LakeError, match="columns are not documented"):
        place.build(register="views")


def test_a_view_that_shows_nothing_is_seen(built: Place) -> None:
    with pytest.raises(duckdb.Error, match="symbol"):
        _check(built, "ALTER TABLE gene RENAME symbol TO other")


@pytest.mark.parametrize("silent", ["gene.symbol", "genome_flat.accession", "meta.runs.status"])
def test_a_form_that_does_not_say_what_its_columns_are_is_told(built: Place, silent: str) -> None:
    with duckdb.connect(str(built.file)) as connection:
        check_form(connection)
        connection.execute(f"COMMENT ON COLUMN {silent} IS NULL")
        with pytest.raises(LakeError, match="1 columns are not documented"):
            check_form(connection)
