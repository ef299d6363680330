"""SQL of other people, asked of a database that must come out of it as it was."""

from __future__ import annotations

import re
from collections.abc import Sequence

import duckdb
import pyarrow as pa

from harvester.errors import SpecError
from harvester.publish.sql import plain_path

__all__ = ["ask", "reader", "shut_in"]

_BATCH = 10_000
_EXPLAIN = re.compile(r"\s*EXPLAIN(\s+ANALYZE)?\s", re.IGNORECASE)


def shut_in(connection: duckdb.DuckDBPyConnection) -> None:
    """Closes the file system but for the lake's files, and then the settings themselves."""
    files = connection.execute("SELECT path FROM versions._files").fetchall()
    for scope in ("GLOBAL", "SESSION"):  # a cursor of this connection is a session of its own
        connection.execute(f"SET {scope} TimeZone = 'UTC'")
    # A view names a file as the pattern that fits it alone, and both have to be allowed.
    names = {name for (file,) in files for name in (file, plain_path(file))}
    connection.execute("SET allowed_paths = ?", [sorted(names)])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def ask(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.RecordBatchReader:
    """The rows that the one statement finds, some at a time; it must be a question."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise SpecError(f"one SQL statement is expected, and these are {len(statements)}")
    (statement,) = statements
    if statement.type == duckdb.StatementType.MULTI:
        raise SpecError("say which values to pivot on: PIVOT … ON column IN (value, …)")
    if not _only_reads(connection, statement):
        raise SpecError(f"this is a {statement.type.name} statement; only reading is possible here")
    return reader(connection, sql)


def reader(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.RecordBatchReader:
    """The rows of a query, some at a time; no two columns share a name."""
    found = connection.sql(sql).to_arrow_reader(_BATCH)
    names = _unlike(found.schema.names)
    fields = [field.with_name(name) for field, name in zip(found.schema, names, strict=True)]
    return pa.RecordBatchReader.from_batches(
        pa.schema(fields), (batch.rename_columns(names) for batch in found)
    )


def _only_reads(connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement) -> bool:
    """Whether it is a question: COPY could overwrite the very files that may be read."""
    if statement.type == duckdb.StatementType.SELECT:
        return True
    explain = _EXPLAIN.match(statement.query)
    if statement.type != duckdb.StatementType.EXPLAIN or explain is None:
        return False
    explained = connection.extract_statements(statement.query[explain.end() :])
    return [one.type for one in explained] == [duckdb.StatementType.SELECT]


def _unlike(names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that were there before."""
    unlike: dict[str, None] = {}
    for wanted in names:
        unused, number = wanted, 0
        while unused in unlike:
            number += 1
            unused = f"{wanted}_{number}"
        unlike[unused] = None
    return list(unlike)
