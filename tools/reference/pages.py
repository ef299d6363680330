"""Which pages are written from the code, whole or between marks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harvester.catalogue import RESOURCES, Resource
from harvester.cli.main import cli
from harvester.publish import META_TABLES
from harvester.schema import load_schema, table_fields
from tools.reference.asking import asking
from tools.reference.columns import columns, flat_table
from tools.reference.commands import commands_page
from tools.reference.filters import filter_sections, filter_table, resource_table
from tools.reference.text import END, plain, replaced

__all__ = ["pages"]

#: A page for a resource that has none: people write what stands outside of the marks.
_NEW = """\
# `{name}`: {title}

<!-- table -->
{end}

## A job

## Three questions

## How to ask

<!-- asking -->
{end}

## Filters

<!-- filters -->
{end}

## Columns

<!-- columns -->
{end}
"""
_META_HEAD = """\
# How the runs went: schema `meta`

Seven tables that every run adds to. Each is keyed by `run_id`; queries on them stand in
[tables](../tables.md#how-the-runs-went) and [guarantees](../guarantees.md#counting).
"""


def pages(root: Path) -> Mapping[Path, str]:
    """Every page that takes something from the code, as it should read now."""
    docs = root / "docs"
    found = {
        docs / "reference" / "commands.md": commands_page(cli),
        docs / "reference" / "meta.md": _meta_page(),
        docs / "jobs.md": _jobs_page(_read(docs / "jobs.md")),
    }
    for resource in RESOURCES.values():
        path = docs / "resources" / f"{resource.name}.md"
        found[path] = _resource_page(_read(path) or _blank(resource), resource)
    return found


def _resource_page(page: str, resource: Resource) -> str:
    parts = {
        "table": f"{plain(load_schema(resource.name).doc)}\n",
        "asking": asking(resource),
        "filters": filter_table(resource),
        "columns": columns(table_fields(resource)),
    }
    for name, text in parts.items():
        page = replaced(page, name, f"\n{text}\n")
    return page


def _jobs_page(page: str) -> str:
    page = replaced(page, "resources", resource_table(RESOURCES.values()))
    return replaced(page, "filters", filter_sections(RESOURCES.values()))


def _meta_page() -> str:
    sections = (
        f"\n## `meta.{name}`\n\n{plain(schema.doc)}\n\n{flat_table(schema.fields)}"
        for name in META_TABLES
        for schema in (load_schema(f"meta/{name}"),)
    )
    return _META_HEAD + "".join(sections)


def _blank(resource: Resource) -> str:
    return _NEW.format(name=resource.name, title=resource.title, end=END)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
