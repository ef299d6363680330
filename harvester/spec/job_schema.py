"""The JSON Schema of job files, for editors: generated from the catalogue.

`python -m harvester.spec.job_schema > schemas/job.schema.json` renews it.
"""

from __future__ import annotations

import json
import sys

from harvester.catalogue import RESOURCES
from harvester.spec.query_schema import TEXT, Schema, query_schema, resource_schema
from harvester.spec.rules import (
    HOOK_TIMEOUT,
    LIMITS,
    NAME,
    PATIENCE,
    REGISTERS,
    SPAN,
    Bounds,
)

__all__ = ["job_schema", "render"]

_HOOK_DOCS = {
    "on_success": "Runs when all of the job was harvested.",
    "on_failure": "Runs when some or all of it was not.",
    "on_change": "Runs before these when a table changed.",
}
_LIMIT_DOCS = {
    "requests_per_second": "At most so many requests a second; NCBI allows 5, with a key 10.",
    "concurrency": "At most so many requests in flight.",
    "max_removed_percent": "Where more of a query's rows are gone than this, none is removed.",
    "page_megabytes": "An answer that is larger, inflated, is refused and fails its query.",
}


def job_schema() -> Schema:
    """The whole schema, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "harvester job",
        "description": "What to harvest from NCBI Datasets, and where it lands.",
        "type": "object",
        "required": ["name", "harvest"],
        "additionalProperties": False,
        "properties": _job_keys(),
        "$defs": {name: resource_schema(resource) for name, resource in RESOURCES.items()},
    }


def render() -> str:
    """The text of `schemas/job.schema.json`."""
    return json.dumps(job_schema(), indent=2) + "\n"


def _job_keys() -> Schema:
    return {
        "name": TEXT | {"pattern": f"^{NAME}$", "description": "Names the job's runs."},
        "description": TEXT | {"description": "What the job is for."},
        "schedule": {
            "type": "string",
            "pattern": r"^\s*(\S+\s+){4}\S+\s*$",
            "description": "Cron expression of five fields, UTC; read by `harvester schedule`.",
            "examples": ["0 2 * * *", "30 4 * * sun"],
        },
        "lake": TEXT | {"description": "Folder of the Parquet files.", "default": "data/lake"},
        "database": TEXT
        | {"description": "DuckDB file, replaced whole.", "default": "data/harvest.duckdb"},
        "register": {
            "enum": list(REGISTERS),
            "default": REGISTERS[0],
            "description": "Load the rows into the database, or point at the lake's Parquet.",
        },
        "harvest": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "description": "The queries: each is one resource with one kind of selector.",
            "items": query_schema(),
        },
        "limits": _limits(),
        "patience": _span(PATIENCE)
        | {
            "default": "2m",
            "description": "How long an outage of NCBI is waited out; a bare number is seconds.",
            "examples": ["90s", "15m", "4h"],
        },
        "hooks": _hooks(),
    }


def _hooks() -> Schema:
    """A command is a list, since no shell takes it apart."""
    words: Schema = {"type": "array", "minItems": 1, "items": TEXT}
    timeout = _span(HOOK_TIMEOUT) | {"default": "60s", "description": "Then it is stopped."}
    return {
        "type": "object",
        "additionalProperties": False,
        "description": "Commands that get the summary of a run, as JSON, on their standard input.",
        "properties": {
            **{name: words | {"description": told} for name, told in _HOOK_DOCS.items()},
            "timeout": timeout,
        },
    }


def _limits() -> Schema:
    properties = {
        name: _bounds(bounds) | {"description": _LIMIT_DOCS[name]}
        for name, bounds in LIMITS.items()
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "description": "What the job allows itself.",
        "properties": properties,
    }


def _span(bounds: Bounds) -> Schema:
    return {"anyOf": [_bounds(bounds), {"type": "string", "pattern": f"^{SPAN}$"}]}


def _bounds(bounds: Bounds) -> Schema:
    schema: Schema = {"type": "integer" if bounds.whole else "number"}
    schema["exclusiveMinimum" if bounds.above else "minimum"] = bounds.low
    return schema if bounds.high is None else schema | {"maximum": bounds.high}


if __name__ == "__main__":
    sys.stdout.write(render())
