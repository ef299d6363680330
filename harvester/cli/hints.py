"""What somebody probably meant whose SQL names a table or column that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from harvester.catalogue import RESOURCES
from harvester.publish import META_TABLES
from harvester.schema import Field, load_schema, table_fields
from harvester.spec.names import nearest

__all__ = ["explained"]

_TABLE = re.compile(r"Table with name (\S+) does not exist")
_COLUMN = re.compile(r'(?:Referenced column|Could not find key|a column named) "([^"]+)"')
#: DuckDB's own tables, which nobody means who asks about genomes.
_OTHERS = re.compile(r'\nDid you mean "(pg_|sqlite_|duckdb_|information_schema)[^"]*"[^\n]*')
_WORD = re.compile(r"[a-z_]+", re.IGNORECASE)
_FEW = 3


def explained(message: str, sql: str) -> list[str]:
    """DuckDB's message by lines, with what its candidates do not know: nested and empty tables."""
    told = _OTHERS.sub("", message)
    return [*told.splitlines(), *_hints(told, sql)]


def _hints(message: str, sql: str) -> Iterator[str]:
    if (found := _TABLE.search(message)) and "Did you mean" not in message:
        names = [*RESOURCES, *(f"meta.{name}" for name in META_TABLES)]
        near = nearest(found[1], names)
        yield f'Did you mean "{near}"?' if near else f"There are {', '.join(names)}"
    if found := _COLUMN.search(message):
        yield from _columns(found[1], sql)


def _columns(wanted: str, sql: str) -> Iterator[str]:
    """Where in the tables that the SQL names a column of that name lies."""
    for table in _tables(sql):
        paths = dict(_leaves(_fields(table), ""))
        near = wanted if wanted in paths.values() else nearest(wanted, set(paths.values()))
        places = [path for path, name in paths.items() if name == near and path != wanted]
        if places:
            more = " …" if len(places) > _FEW else ""
            yield f"In {table} there is {', '.join(places[:_FEW])}{more}"
        yield f"All columns: harvester tables {table}"


def _tables(sql: str) -> Sequence[str]:
    """The tables that the SQL names, or their past."""
    words = {word.lower() for word in _WORD.findall(sql)}
    metas = [f"meta.{name}" for name in META_TABLES if "meta" in words and name in words]
    ends = ("", "_history", "_as_of")
    return [name for name in RESOURCES if words & {name + end for end in ends}] + metas


def _fields(table: str) -> Sequence[Field]:
    if table in RESOURCES:
        return table_fields(RESOURCES[table])
    return load_schema(f"meta/{table.removeprefix('meta.')}").fields


def _leaves(fields: Sequence[Field], prefix: str) -> Iterator[tuple[str, str]]:
    """Each column and member by its path, with its bare name; what is in lists has to be opened."""
    for field in fields:
        yield prefix + field.name, field.name
        if not field.many:
            yield from _leaves(field.fields, f"{prefix}{field.name}.")
