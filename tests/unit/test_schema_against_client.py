from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from harvester.catalogue import RESOURCES
from harvester.schema import (
    Field,
    camel,
    compare,
    installed_client,
    load_schema,
    read_openapi,
    table_names,
)

NCBI = Path(__file__).parents[3] / "shared" / "ncbi"

#: Columns of the older description of the API, with their kinds.
OLDER = {
    "genome": {
        "submitter": "string",
        "organism.sci_name": "string",
        "assembly_stats.total_length": "int",
        "assembly_stats.number_of_chromosomes": "int",
    },
    "gene": {
        "gene_id": "quoted_int",
        "tax_id": "quoted_int",
        "organism": "struct",
        "organism.tax_id": "int",
        "organism.sci_name": "string",
        "organism.common_name": "string",
    },
    "product": {"gene_id": "quoted_int", "tax_id": "quoted_int"},
}


@pytest.fixture(autouse=True, scope="module")
def client() -> None:
    """It takes seconds to import, so workers that run no test of this file do without."""
    pytest.importorskip("ncbi.datasets.openapi.models")


def columns(table: str) -> dict[str, Field]:
    """Every field of a table by its dotted path."""

    def walk(fields: tuple[Field, ...], above: str) -> Iterator[tuple[str, Field]]:
        for field in fields:
            yield above + field.name, field
            yield from walk(field.fields, f"{above}{field.name}.")

    return dict(walk(load_schema(table).fields, ""))


@pytest.mark.parametrize("table", table_names())
def test_a_table_is_what_the_client_describes(table: str) -> None:
    assert compare(installed_client(), [table]) == []


@pytest.mark.parametrize("table", OLDER)
def test_fields_of_the_older_description_are_columns(table: str) -> None:
    ours = columns(table)

    assert {path: ours[path].kind for path in OLDER[table]} == OLDER[table]


def test_recursion_stops_at_the_stated_depth() -> None:
    ours = columns("taxonomy")

    assert "current_scientific_name.homotypic_synonyms.name" in ours
    assert "current_scientific_name.homotypic_synonyms.type_strains.type_class" in ours
    assert "current_scientific_name.homotypic_synonyms.basionym" not in ours


@pytest.mark.skipif(not NCBI.exists(), reason="NCBI's specification is not at hand")
def test_the_specification_lacks_only_what_came_after_it() -> None:
    document = (NCBI / "openapi3_v2.yaml").read_text(encoding="utf-8")
    found = compare(read_openapi(document, "it"))

    assert [(one.table, one.path, one.what) for one in found] == [
        ("gene", "expression", "gone"),
        ("taxonomy", "genetic_code", "gone"),
    ]


def fits_date(value: Any) -> bool:
    return isinstance(value, str) and date.fromisoformat(value).isoformat() == value


def fits_timestamp(value: Any) -> bool:
    return isinstance(value, str) and bool(datetime.fromisoformat(value)) and "T" in value


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


FITS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "int": is_whole,
    "quoted_int": lambda value: isinstance(value, str) and str(int(value)) == value,
    "float": lambda value: is_whole(value) or isinstance(value, float),
    "bool": lambda value: isinstance(value, bool),
    "date": fits_date,
    "timestamp": fits_timestamp,
}


def misfits(value: Any, fields: tuple[Field, ...], above: str) -> Iterator[str]:
    """What of a record no column holds, or holds under another type."""
    named = {spelling: field for field in fields for spelling in (field.name, camel(field.name))}
    for name, member in value.items():
        path = f"{above}.{name}"
        field = named.get(name)
        if field is None:
            yield f"{path} is unknown"
            continue
        if isinstance(member, list) != field.many:
            yield f"{path} is a list on one side only"
            continue
        for one in member if field.many else [member]:
            if field.kind == "struct":
                yield from misfits(one, field.fields, path)
            elif not FITS[field.kind](one):
                yield f"{path} is no {field.kind}: {one!r}"
            elif field.choices and one not in field.choices:
                yield f"{path} has a new value: {one!r}"


def records(kind: str) -> Iterator[Any]:
    for path in sorted((NCBI / "records" / kind).glob("*.jsonl")):
        yield from (json.loads(line) for line in path.read_bytes().split(b"\n") if line.strip())


@pytest.mark.skipif(not NCBI.exists(), reason="NCBI's records are not at hand")
@pytest.mark.parametrize(
    ("kind", "table"),
    [
        ("assembly", "genome"),
        ("assembly_snake", "genome"),
        ("gene", "gene"),
        ("gene_snake", "gene"),
        ("gene_snake_rest", "gene"),
        ("product", "product"),
        ("product_snake", "product"),
        ("taxonomy_snake", "taxonomy"),
        ("virus", "virus"),
        ("sequence", "sequence"),
    ],
)
def test_every_leaf_of_a_real_record_has_its_column(kind: str, table: str) -> None:
    fields = load_schema(table).fields
    wrapper = RESOURCES[table].wrapper
    found = Counter(
        fault
        for record in records(kind)
        for fault in misfits(record.get(wrapper, record), fields, table)
    )

    assert found == Counter()
