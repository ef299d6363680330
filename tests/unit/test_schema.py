from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from harvester.catalogue import RESOURCES
from harvester.catalogue.columns import column_paths
from harvester.errors import HarvesterError
from harvester.schema import (
    QUERY,
    Field,
    TableSchema,
    camel,
    flat_columns,
    lake_schema,
    load_schema,
    table_fields,
    table_names,
)
from harvester.schema.load import read_schema

REPOSITORY = Path(__file__).parents[2]
SCHEMAS = REPOSITORY / "schemas"
META = ("runs", "queries", "items", "changes", "drift", "quarantine", "messages")
EVERY = (*table_names(), *(f"meta/{name}" for name in META))
FILES = [path.relative_to(SCHEMAS).as_posix() for path in SCHEMAS.rglob("*.yaml")]


def all_fields(fields: tuple[Field, ...], above: str = "") -> Iterator[tuple[str, Field]]:
    for field in fields:
        yield above + field.name, field
        yield from all_fields(field.fields, f"{above}{field.name}.")


def field_of(table: str, path: str) -> Field:
    return dict(all_fields(load_schema(table).fields))[path]


# The files


@pytest.mark.parametrize("table", table_names())
def test_the_names_alone_are_those_of_the_fields(table: str) -> None:
    assert list(column_paths(table)) == [path for path, _ in all_fields(load_schema(table).fields)]


def test_there_is_a_schema_file_for_every_table_and_no_other() -> None:
    assert {path.stem for path in SCHEMAS.glob("*.yaml")} == {*RESOURCES, "shared"}
    assert {path.stem for path in (SCHEMAS / "meta").glob("*.yaml")} == set(META)
    assert table_names() == tuple(RESOURCES)


@pytest.mark.parametrize("name", EVERY)
def test_a_schema_goes_by_the_name_of_its_table(name: str) -> None:
    assert load_schema(name).name == name.rpartition("/")[2]


@pytest.mark.parametrize("file", FILES)
def test_no_file_defines_a_name_twice(file: str) -> None:
    def walk(node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            keys = Counter(key.value for key, _ in node.value)
            assert [key for key, count in keys.items() if count > 1] == []
            for _, value in node.value:
                walk(value)

    root = yaml.compose((SCHEMAS / file).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    assert root is not None
    walk(root)


def test_everything_shared_is_used() -> None:
    shared = yaml.safe_load((SCHEMAS / "shared.yaml").read_text(encoding="utf-8"))
    text = "\n".join((SCHEMAS / file).read_text(encoding="utf-8") for file in FILES)

    assert {name for name in shared["structs"] if f"struct: {name}" not in text} == set()
    assert {name for name in shared["choices"] if f"choices: {name}" not in text} == set()


@pytest.mark.parametrize("name", EVERY)
def test_every_column_and_every_leaf_is_documented(name: str) -> None:
    schema = load_schema(name)
    docs = {"": schema.doc} | {path: field.doc for path, field in all_fields(schema.fields)}
    poor = {
        path: doc
        for path, doc in docs.items()
        if len(doc) < 24 or len(doc.split()) < 4 or doc[-1] != "." or not doc[0].isalnum()
    }

    assert poor == {}


@pytest.mark.parametrize("name", EVERY)
def test_names_are_snake_case_and_stay_apart_in_camel_case_too(name: str) -> None:
    def walk(fields: tuple[Field, ...]) -> None:
        names = [field.name for field in fields]
        assert [one for one in names if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", one)] == []
        assert len({camel(one) for one in names}) == len(names)
        for field in fields:
            assert len(set(field.choices)) == len(field.choices)
            walk(field.fields)

    walk(load_schema(name).fields)


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=lambda resource: resource.name)
def test_what_the_catalogue_names_are_columns(resource: Any) -> None:
    names = {field.name for field in load_schema(resource.name).fields}
    asked = {name for name, _ in resource.from_request}

    assert {*resource.key, *resource.identified_by, *resource.wrapper_columns, *asked} <= names


# Types


@pytest.mark.parametrize(
    ("table", "path", "expected"),
    [
        ("genome", "accession", pa.string()),
        ("genome", "assembly_stats.total_sequence_length", pa.int64()),
        ("genome", "assembly_stats.gc_percent", pa.float64()),
        ("genome", "assembly_stats.genome_coverage", pa.string()),
        ("genome", "assembly_info.atypical.is_atypical", pa.bool_()),
        ("genome", "assembly_info.release_date", pa.date32()),
        ("genome", "assembly_info.biosample.last_updated", pa.timestamp("us")),
        ("genome", "assembly_info.biosample.collection_date", pa.string()),
        ("gene", "omim_ids", pa.list_(pa.int64())),
        ("gene", "gene_groups", pa.list_(pa.struct([("id", pa.int64()), ("method", pa.string())]))),
        ("meta/queries", "filters", pa.string()),
        ("meta/quarantine", "data", pa.binary()),
    ],
)
def test_arrow_types(table: str, path: str, expected: pa.DataType) -> None:
    assert field_of(table, path).arrow_type == expected


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=lambda resource: resource.name)
def test_the_lake_holds_the_table_and_what_only_the_lake_needs(
    resource: Any, tmp_path: Path
) -> None:
    schema = lake_schema(resource)
    pq.write_table(schema.empty_table(), tmp_path / "part.parquet")
    system = ["_run_id", "_fetched_at", "_seen_at", "_extra"]

    assert pq.read_schema(tmp_path / "part.parquet") == schema
    names = [field.name for field in table_fields(resource)]
    assert names[-4:] == system
    assert (QUERY in table_fields(resource)) == resource.has_query_echo
    assert schema.names == [*(n for n in names if n != "_seen_at"), "_chain", "_hash"]
    assert schema.field("_hash").type == pa.int64()
    assert schema.field("_fetched_at").type == pa.timestamp("us")


# Names


@pytest.mark.parametrize(
    ("snake", "expected"),
    [
        ("accession", "accession"),
        ("contig_n50", "contigN50"),
        ("swiss_prot_accessions", "swissProtAccessions"),
        ("refseq_genbank_are_different", "refseqGenbankAreDifferent"),
    ],
)
def test_camel_is_the_name_in_protobuf_json(snake: str, expected: str) -> None:
    assert camel(snake) == expected


@given(st.lists(st.sampled_from(["a", "n50", "2", "x2y", "rna"]), min_size=1).map("_".join))
def test_camel_drops_underscores_and_nothing_else(snake: str) -> None:
    assert camel(snake).lower() == snake.replace("_", "")


# Flat columns


def test_scalar_leaves_become_columns_and_lists_stay_one() -> None:
    names = [column.name for column in flat_columns(table_fields(RESOURCES["genome"]))]

    assert {"organism_organism_name", "assembly_stats_contig_n50", "organelle_info"} <= set(names)
    assert "organism" not in names
    assert not [name for name in names if name.startswith("organelle_info_")]
    assert names[-4:] == ["_run_id", "_fetched_at", "_seen_at", "_extra"]


@pytest.mark.parametrize("name", EVERY)
def test_the_flat_columns_of_every_table_need_no_numbers(name: str) -> None:
    for column in flat_columns(load_schema(name).fields):
        assert column.name == "_".join(column.path)
        assert column.field == field_of(name, ".".join(column.path))
        assert column.field.many or column.field.kind != "struct"


NAMES = st.sampled_from(["a", "b", "A", "a_b", "b_2", "a_b_2", "a_2"])


def trees() -> st.SearchStrategy[tuple[Field, ...]]:
    leaf = st.builds(
        Field, NAMES, st.sampled_from(["string", "int"]), st.just("A leaf."), st.booleans()
    )
    level = st.lists(leaf, min_size=1, max_size=4).map(tuple)
    return st.recursive(
        level,
        lambda inner: st.lists(
            st.builds(Field, NAMES, st.just("struct"), st.just("A struct."), st.booleans(), inner),
            min_size=1,
            max_size=4,
        ).map(tuple),
    )


@given(trees())
def test_flat_names_are_unique_and_every_leaf_is_there(fields: tuple[Field, ...]) -> None:
    def count(fields: tuple[Field, ...]) -> int:
        return sum(
            count(field.fields) if field.kind == "struct" and not field.many else 1
            for field in fields
        )

    columns = flat_columns(fields)

    assert len(columns) == count(fields)
    assert len({column.name.lower() for column in columns}) == len(columns)


# Fingerprint

TABLE = TableSchema(
    "example",
    "An example of a table.",
    (
        Field("id", "int", "The key of the table."),
        Field("place", "struct", "Where it is.", fields=(Field("x", "float", "How far east."),)),
    ),
)


def changed(**changes: Any) -> TableSchema:
    return replace(TABLE, fields=(replace(TABLE.fields[0], **changes), TABLE.fields[1]))


@pytest.mark.parametrize(
    "other",
    [
        changed(name="number"),
        changed(kind="quoted_int"),
        changed(many=True),
        replace(TABLE, name="another"),
        replace(TABLE, fields=TABLE.fields[::-1]),
        replace(TABLE, fields=TABLE.fields[:1]),
        replace(TABLE, fields=(TABLE.fields[0], replace(TABLE.fields[1], fields=TABLE.fields[:1]))),
    ],
)
def test_the_fingerprint_changes_with_the_layout(other: TableSchema) -> None:
    assert other.fingerprint != TABLE.fingerprint


def test_the_fingerprint_is_the_same_in_every_process_and_for_every_wording() -> None:
    assert TABLE.fingerprint == "139e738180e4c5ef"
    assert changed(doc="Another sentence.").fingerprint == TABLE.fingerprint


@given(trees(), trees())
def test_different_layouts_have_different_fingerprints(
    one: tuple[Field, ...], other: tuple[Field, ...]
) -> None:
    same = TableSchema("t", "", one).fingerprint == TableSchema("t", "", other).fingerprint
    assert same == (one == other)


# Faulty files

GOOD = {"type": "string", "doc": "A good field."}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"a": {"type": "text", "doc": "x"}}, "schemas/t.yaml: a: unknown type 'text'"),
        ({"a": {"type": "string"}}, "schemas/t.yaml: a: 'doc' is missing"),
        ({"a": GOOD | {"docs": "x"}}, "schemas/t.yaml: a: unknown key 'docs'"),
        ({"a": GOOD | {"many": "yes"}}, "schemas/t.yaml: a: 'many' is true or false"),
        ({"a": GOOD | {"choices": [1]}}, "schemas/t.yaml: a: 'choices' is a list of texts"),
        ({"a": GOOD | {"choices": "gone"}}, "schemas/t.yaml: a: 'choices' is a list of texts"),
        ({"a": {"type": "int", "doc": "x", "choices": ["1"]}}, "a: only a string has choices"),
        ({"a": {"type": "struct", "doc": "x"}}, "a: a struct, and nothing else"),
        ({"a": GOOD | {"fields": {"b": GOOD}}}, "a: a struct, and nothing else"),
        ({"a": {"type": "struct", "doc": "x", "struct": "gone"}}, "a: no struct 'gone'"),
        ({"a": {"type": "struct", "doc": "x", "fields": {"b": 1}}}, "schemas/t.yaml: a.b: names"),
        ({"a": {"type": "struct", "doc": "x", "struct": "endless"}}, "needs a 'depth'"),
        ({"a": {"type": "struct", "doc": "x", "struct": "flat"}}, "structs.flat: 'depth' is"),
        (None, "schemas/t.yaml: names with their definitions"),
    ],
)
def test_a_fault_names_file_and_field(fields: Any, message: str, tmp_path: Path) -> None:
    endless = {"type": "struct", "doc": "x", "struct": "endless"}
    shared = {
        "endless": {"fields": {"more": endless}},
        "flat": {"depth": 0, "fields": {"b": GOOD}},
    }
    (tmp_path / "shared.yaml").write_text(json.dumps({"structs": shared}), encoding="utf-8")
    body = {"table": "t", "doc": "x", "fields": fields}
    (tmp_path / "t.yaml").write_text(json.dumps(body), encoding="utf-8")

    with pytest.raises(HarvesterError, match=re.escape(message)):
        read_schema(tmp_path, "t")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "cannot be read"),
        ("- a", "names with their definitions"),
        ("table: t", "'doc'"),
        ("x: 1", "'x'"),
    ],
)
def test_a_file_that_is_no_schema(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text("structs: {}", encoding="utf-8")
    (tmp_path / "t.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(HarvesterError, match=f"schemas/t.yaml: .*{message}"):
        read_schema(tmp_path, "t")


def test_an_installed_package_brings_its_schemas_along(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "harvester", tmp_path / "harvester")
    shutil.copytree(SCHEMAS, tmp_path / "harvester" / "schemas")
    program = "from harvester.schema.load import *; print(schema_folder()); load_schema('gene')"

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == str(tmp_path / "harvester" / "schemas")


def test_a_table_without_schema_file() -> None:
    with pytest.raises(HarvesterError, match=r"schemas/nowhere\.yaml: no such schema file"):
        load_schema("nowhere")
