from __future__ import annotations

import json
import types
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

import pytest
import yaml

from harvester.catalogue import RESOURCES
from harvester.schema import Field, camel, load_schema, table_names

models = pytest.importorskip("ncbi.datasets.openapi.models")
Message = pytest.importorskip("pydantic").BaseModel

NCBI = Path(__file__).parents[3] / "shared" / "ncbi"

#: How many levels of a model that holds itself are columns.
DEPTH = {"V2reportsNameAndAuthority": 2}

#: What goes to `_query` and to `meta.messages`, and what fills tables yet to come.
ELSEWHERE = {"query", "warning", "warnings", "error", "errors", "messages", "product"}

PAYLOADS = {
    "genome": "V2reportsAssemblyDataReport",
    "gene": "V2reportsGeneDescriptor",
    "taxonomy": "V2reportsTaxonomyNode",
    "taxonomy_node": "V2TaxonomyNode",
    "annotation": "V2reportsGenomeAnnotation",
    "virus_summary": "V2DownloadSummary",
    "virus": "V2reportsVirusAssembly",
    "sequence": "V2reportsSequenceInfo",
}
WRAPPERS = {
    "gene": ("V2reportsGeneReportMatch", "gene"),
    "taxonomy": ("V2reportsTaxonomyReportMatch", "taxonomy"),
    "taxonomy_node": ("V2TaxonomyMatch", "taxonomy"),
    "annotation": ("V2reportsGenomeAnnotationReportMatch", "annotation"),
}

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
}
#: Columns that come from the request, not from the answer.
ASKED = {"annotation": {"assembly_accession"}, "virus_summary": {"taxon", "filters"}}

#: Whole numbers in quotes although NCBI's specification calls them text.
NUMBERS_IN_FACT = {"gene.gene_groups.id", "gene.omim_ids", "annotation.omim_ids"}

KINDS: dict[type, set[str]] = {
    bool: {"bool"},
    int: {"int"},
    float: {"float"},
    str: {"string", "quoted_int", "date", "timestamp"},
    datetime: {"timestamp"},
}


class Shape(NamedTuple):
    """A client field's type: the plain one, and whether a list of it."""

    plain: type
    many: bool


def shape(annotation: Any) -> Shape:
    origin = get_origin(annotation)
    if origin is Annotated:
        return shape(get_args(annotation)[0])
    if origin is list:
        return Shape(shape(get_args(annotation)[0]).plain, many=True)
    if origin in {Union, types.UnionType}:
        found = [shape(arg) for arg in get_args(annotation) if arg is not type(None)]
        return next((one for one in found if one.plain is float), found[0])
    assert isinstance(annotation, type)
    return Shape(annotation, many=False)


def columns(table: str) -> dict[str, Field]:
    """Every field of a table by its dotted path."""

    def walk(fields: tuple[Field, ...], above: str) -> Iterator[tuple[str, Field]]:
        for field in fields:
            yield above + field.name, field
            yield from walk(field.fields, f"{above}{field.name}.")

    return dict(walk(load_schema(table).fields, ""))


def client_fields(
    model: Any, above: str = "", around: tuple[str, ...] = ()
) -> Iterator[tuple[str, Shape]]:
    """Every field that the client knows, to the stated depth of models that hold themselves."""
    around = (*around, model.__name__)
    for name, info in model.model_fields.items():
        found = shape(info.annotation)
        nested = issubclass(found.plain, Message)
        if nested and around.count(found.plain.__name__) >= DEPTH.get(found.plain.__name__, 1):
            continue
        yield f"{above}{info.alias or name}", found
        if nested:
            yield from client_fields(found.plain, f"{above}{info.alias or name}.", around)


def known(table: str) -> dict[str, Shape]:
    """What the client's models say of a table, the wrapper's own members included."""
    found = dict(client_fields(getattr(models, PAYLOADS[table])))
    if table in WRAPPERS:
        wrapper, payload = WRAPPERS[table]
        found |= {
            path: one
            for path, one in client_fields(getattr(models, wrapper))
            if path.partition(".")[0] != payload
        }
    return {path: one for path, one in found.items() if path.partition(".")[0] not in ELSEWHERE}


def misfit(field: Field | None, found: Shape) -> str:
    if field is None:
        return "unknown here"
    if field.many != found.many:
        return "a list on one side only"
    if issubclass(found.plain, Message):
        return "" if field.kind == "struct" else "a struct there"
    if issubclass(found.plain, Enum):
        values = {member.value for member in found.plain}
        return "" if field.kind == "string" and set(field.choices) == values else "other choices"
    if field.choices:
        return "choices here, none there"
    return "" if field.kind in KINDS[found.plain] else f"{field.kind}, not {found.plain.__name__}"


def test_every_table_is_compared() -> None:
    assert PAYLOADS.keys() == set(table_names())


@pytest.mark.parametrize("table", table_names())
def test_every_field_of_the_client_is_a_column_of_a_fitting_type(table: str) -> None:
    ours = columns(table)
    misfits = {path: misfit(ours.get(path), found) for path, found in known(table).items()}

    assert {path: why for path, why in misfits.items() if why} == {}


@pytest.mark.parametrize("table", table_names())
def test_no_column_is_invented(table: str) -> None:
    surplus = columns(table).keys() - known(table).keys() - OLDER.get(table, {}).keys()

    assert surplus == ASKED.get(table, set())


@pytest.mark.parametrize("table", OLDER)
def test_fields_of_the_older_description_are_columns(table: str) -> None:
    ours = columns(table)

    assert {path: ours[path].kind for path in OLDER[table]} == OLDER[table]


def test_recursion_stops_at_the_stated_depth() -> None:
    ours = columns("taxonomy")

    assert "current_scientific_name.homotypic_synonyms.name" in ours
    assert "current_scientific_name.homotypic_synonyms.type_strains.type_class" in ours
    assert "current_scientific_name.homotypic_synonyms.basionym" not in ours


@pytest.mark.parametrize("path", ["assembly_stats.contig_n50", "assembly_info.assembly_status"])
def test_the_comparison_notices_a_field_that_is_not_here(path: str) -> None:
    ours = columns("genome")
    found = known("genome")[path]

    assert misfit(ours.get(path), found) == ""
    assert misfit(None, found) == "unknown here"
    assert misfit(ours["assembly_info"], found) != ""


@pytest.mark.skipif(not NCBI.exists(), reason="NCBI's specification is not at hand")
def test_quoted_numbers_are_those_of_the_specification() -> None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load((NCBI / "openapi3_v2.yaml").read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
    schemas = {name.lower(): body for name, body in document["components"]["schemas"].items()}

    def walk(body: dict[str, Any], path: str, around: tuple[str, ...]) -> Iterator[str]:
        for name, value in body.get("properties", {}).items():
            one = value.get("items", value)
            reference = one.get("$ref", "").rpartition("/")[2].lower()
            if one.get("format") in {"uint64", "int64"} and one["type"] == "string":
                yield f"{path}.{name}"
            if reference and around.count(reference) < 2:
                yield from walk(schemas[reference], f"{path}.{name}", (*around, reference))

    in_quotes = {
        path
        for table, payload in PAYLOADS.items()
        for path in walk(schemas[payload.lower()], table, (payload.lower(),))
    }
    ours = {
        f"{table}.{path}": field
        for table in table_names()
        for path, field in columns(table).items()
    }
    quoted = {path for path, field in ours.items() if field.kind == "quoted_int"}

    assert quoted >= in_quotes & ours.keys()
    assert {path for path in quoted - in_quotes if ".expression." not in path} == NUMBERS_IN_FACT


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
