"""What a table holds: `schemas/*.yaml` as typed, documented fields and as Arrow schemas."""

from harvester.schema.client import CLIENT, installed_client
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
from harvester.schema.described import Described, Description, Difference, compare
from harvester.schema.fields import Field, Kind, TableSchema, camel
from harvester.schema.load import load_schema, table_names
from harvester.schema.openapi import read_openapi

__all__ = [
    "CHAIN",
    "CLIENT",
    "EXTRA",
    "FETCHED_AT",
    "HASH",
    "QUERY",
    "RUN_ID",
    "SEEN_AT",
    "Described",
    "Description",
    "Difference",
    "Field",
    "FlatColumn",
    "Kind",
    "TableSchema",
    "camel",
    "compare",
    "flat_columns",
    "installed_client",
    "lake_schema",
    "load_schema",
    "read_openapi",
    "table_fields",
    "table_names",
]
