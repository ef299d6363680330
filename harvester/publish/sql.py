"""Names and texts on their way into SQL: nothing reaches a statement but through these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from harvester.schema import Field
from harvester.store.lake import Lake

__all__ = [
    "any_of",
    "columns",
    "instant",
    "key_text",
    "name",
    "parquet",
    "path",
    "plain_path",
    "repeats",
    "same",
    "sql_type",
    "text",
    "texts",
    "type_name",
    "value_of",
]

_PATTERN = re.compile(r"[*?\[]")
_SCALARS = {
    "string": "VARCHAR",
    "int": "BIGINT",
    "quoted_int": "BIGINT",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "json": "JSON",
    "blob": "BLOB",
}


def name(identifier: str) -> str:
    """An identifier, quoted."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text literal."""
    return "'" + value.replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """A list of text literals."""
    return f"[{', '.join(map(text, values))}]"


def instant(moment: datetime) -> str:
    """A timestamp literal."""
    return f"TIMESTAMP {text(str(moment))}"


def columns(names: Iterable[str], of: str = "") -> str:
    """Column names with commas between them, each of the relation `of` where one is given."""
    prefix = f"{of}." if of else ""
    return ", ".join(prefix + name(column) for column in names)


def same(left: str, right: str, names: Iterable[str]) -> str:
    """Whether two rows agree in these columns; two NULLs agree."""
    pairs = (
        f"{left}.{name(column)} IS NOT DISTINCT FROM {right}.{name(column)}" for column in names
    )
    return " AND ".join(pairs)


def key_text(key: Sequence[str]) -> str:
    """A row's key as one text: the value itself, or a JSON list where the key has parts."""
    if len(key) == 1:
        return f"CAST({name(key[0])} AS VARCHAR)"
    parts = (f"to_json({name(column)})" for column in key)
    return f"CAST(json_array({', '.join(parts)}) AS VARCHAR)"


def repeats(relation: str, key: Sequence[str]) -> str:
    """How many rows repeat a key, by its digest: that none do is certain, that some do is not."""
    return f"SELECT count(*) - count(DISTINCT hash({columns(key)})) FROM {relation}"


def any_of(values: Iterable[str]) -> str:
    """What stands behind IN, for any number of texts, none included."""
    return f"(SELECT unnest(CAST({texts(values)} AS VARCHAR[])))"


def parquet(lake: Lake, paths: Iterable[str], *options: str) -> str:
    """A table function over files of the lake, in their order; folder names hold no values."""
    files = texts(plain_path(lake.path(path)) for path in paths)
    arguments = (files, *(f"{option} = true" for option in options), "hive_partitioning = false")
    return f"read_parquet({', '.join(arguments)})"


def plain_path(path: str) -> str:
    """A file's path on its way to DuckDB, which would take some characters for a pattern."""
    return _PATTERN.sub(r"[\g<0>]", path)


def path(steps: Sequence[str]) -> str:
    """A column, or a member of the structs in it."""
    first, *inner = steps
    return name(first) + "".join(f"[{text(step)}]" for step in inner)


def sql_type(field: Field, *, inside: bool = False) -> str:
    """DuckDB's type of a field; JSON is a type of its own in whole columns only."""
    if field.kind == "struct":
        members = (f"{name(m.name)} {sql_type(m, inside=True)}" for m in field.fields)
        one = f"STRUCT({', '.join(members)})"
    elif field.kind == "json" and (inside or field.many):
        one = "VARCHAR"
    else:
        one = _SCALARS[field.kind]
    return one + "[]" * field.many


def type_name(field: Field) -> str:
    """DuckDB's type of a field for people; what a struct holds is told by its members."""
    return "STRUCT" + "[]" * field.many if field.kind == "struct" else sql_type(field)


def value_of(field: Field, of: str = "") -> str:
    """A column as the lake stores it, turned into the column's type."""
    stored = columns([field.name], of)
    if sql_type(field) != "JSON":
        return stored
    # A text that DuckDB does not take for JSON becomes a JSON string: no row is worth less than it.
    return f"CASE WHEN json_valid({stored}) THEN CAST({stored} AS JSON) ELSE to_json({stored}) END"
