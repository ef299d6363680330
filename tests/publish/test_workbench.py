"""A workbench is empty whenever one begins, whatever was done at the one before."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from harvester.publish.attached import attached
from harvester.publish.workbench import KEYS, MEMORY, Connection, workbench

HELD = """
SELECT database_name || '.' || table_name FROM duckdb_tables() WHERE NOT internal
UNION ALL SELECT database_name || '.' || view_name FROM duckdb_views() WHERE NOT internal
UNION ALL SELECT database_name FROM duckdb_databases()
WHERE NOT internal AND database_name NOT IN ('memory', 'bench')
"""
SETTINGS = "disabled_optimizers, checkpoint_threshold, memory_limit, threads"


def _held(connection: Connection) -> list[str]:
    return [name for (name,) in connection.execute(HELD).fetchall()]


def _settings(connection: Connection) -> tuple[str, ...]:
    asked = (f"current_setting('{name}')" for name in SETTINGS.split(", "))
    (row,) = connection.execute(f"SELECT {', '.join(asked)}").fetchall()
    return tuple(map(str, row))


def test_nothing_is_left_of_what_was_done_before(tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    with workbench(spill, KEYS) as first:
        as_new = _settings(first)
        first.execute("CREATE TABLE one AS SELECT 1 AS x")
        first.execute("CREATE TEMP TABLE two AS SELECT 1 AS x")
        first.execute("CREATE VIEW three AS SELECT 1 AS x")
        first.execute("SET checkpoint_threshold = '1KB'")
        with attached(first, tmp_path / "some.duckdb"):
            first.execute("CREATE TABLE one AS SELECT 1 AS x")
        assert len(_held(first)) == 3
    with workbench(spill, MEMORY) as second:
        assert _held(second) == []
        assert _settings(second)[:2] == as_new[:2]
    with workbench(spill, KEYS) as third:
        assert _settings(third) == as_new


def test_what_failed_or_spilled_is_not_used_again(tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    with pytest.raises(duckdb.Error), workbench(spill, KEYS) as failed:
        failed.execute("ATTACH ':memory:' AS stays; SELECT nonsense")
    with workbench(spill, "40MB") as spilled:
        assert _held(spilled) == []
        spilled.execute("CREATE TEMP TABLE t AS SELECT random() AS r FROM range(10000000)")
        assert spill.exists()
    assert not spill.exists()
    with workbench(tmp_path / "other", KEYS) as after:
        assert _held(after) == []
        (place,) = after.execute("SELECT current_setting('temp_directory')").fetchall()
        assert place == (str(tmp_path / "other"),)


def test_two_at_a_time_do_not_see_each_other(tmp_path: Path) -> None:
    with workbench(tmp_path / "a", KEYS) as one, workbench(tmp_path / "b", KEYS) as other:
        one.execute("CREATE TABLE t AS SELECT 1 AS x")
        assert _held(other) == []
