"""What a table holds: `schemas/*.yaml` as typed, documented fields and as Arrow schemas."""

from harvester.schema.columns import (
    CHAIN,
    EXTRA,
    FETCHED_AT,
    HASH,
    QUERY,
    RUN_ID,
    SEEN_AT,
    FlatColumn,
    flat_columns,
    lake_schema,
    table_fields,
)
from harvester.schema.fields import Field, Kind, TableSchema, camel
from harvester.schema.load import load_schema, table_names

__all__ = [
    "CHAIN",
    "EXTRA",
    "FETCHED_AT",
    "HASH",
    "QUERY",
    "RUN_ID",
    "SEEN_AT",
    "Field",
    "FlatColumn",
    "Kind",
    "TableSchema",
    "camel",
    "flat_columns",
    "lake_schema",
    "load_schema",
    "table_fields",
    "table_names",
]
