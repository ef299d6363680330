"""The empty database that new ones begin as: kept where it can be, and never needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from harvester.errors import LakeError
from harvester.publish import build_database
from harvester.publish.form import statements
from harvester.publish.template import template
from tests.publish.place import Place

FORM = """
SELECT schema_name, view_name AS name, comment, sql FROM duckdb_views() WHERE NOT internal
UNION ALL SELECT schema_name, table_name, comment, sql FROM duckdb_tables()
UNION ALL SELECT schema_name, table_name || '.' || column_name, comment, data_type FROM duckdb_columns() WHERE NOT internal
UNION ALL SELECT schema_name, function_name, comment, macro_definition FROM duckdb_functions() WHERE NOT internal
ORDER BY ALL
"""  # noqa: E501


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/harvester"


def _form(place: Place, name: str, register: str = "tables") -> list[tuple[Any, ...]]:
    """All that stands in a database built now but the rows."""
    file = place.file.with_name(name)
    build_database(place.lake, place.manifest, file, register=register)
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(FORM).fetchall()


@pytest.mark.parametrize("register", ["tables", "views"])
def test_a_copy_is_what_the_statements_make(place: Place, cache: Path, register: str) -> None:
    place.run("gene", [{"gene_id": 1}])
    cache.parent.write_bytes(b"no folder")
    plain = _form(place, "plain.duckdb", register)
    assert len(plain) > 1000
    assert template(register) is None
    cache.parent.unlink()
    assert _form(place, "first.duckdb", register) == plain
    (file,) = cache.iterdir()
    made = file.stat().st_mtime_ns
    assert _form(place, "second.duckdb", register) == plain
    assert template(register) == file
    assert file.stat().st_mtime_ns == made


def test_those_of_tables_and_of_views_stand_side_by_side(place: Place, cache: Path) -> None:
    place.run("gene", [{"gene_id": 1}])
    tables, views = _form(place, "tables.duckdb"), _form(place, "views.duckdb", "views")
    assert set(cache.iterdir()) == {template("tables"), template("views")}
    # What an analyst finds by name, its columns and what is said of them are the same.
    said = [{row[:3] for row in form if row[0] in {"main", "meta"}} for form in (tables, views)]
    assert said[0] == said[1]


def test_what_is_broken_is_made_again_and_what_is_old_goes(place: Place, cache: Path) -> None:
    place.run("gene", [{"gene_id": 1}])
    file = template("tables")
    assert file is not None
    (cache / "blank-of-another-release.duckdb").write_bytes(b"old")
    file.write_bytes(file.read_bytes()[:5000])
    assert len(_form(place, "first.duckdb")) > 1000
    assert list(cache.iterdir()) == [file]


@pytest.mark.usefixtures("cache")
def test_a_form_in_which_a_column_is_not_documented_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.run("gene", [{"gene_id": 1}])

    def silent(register: str) -> Iterator[str]:
        of_symbol = 'COMMENT ON COLUMN "main"."gene"."symbol"'
        return (one for one in statements(register) if not one.startswith(of_symbol))

    monkeypatch.setattr("harvester.publish.template.statements", silent)
    with pytest.raises(LakeError, match="1 columns are not documented"):
        place.build()
