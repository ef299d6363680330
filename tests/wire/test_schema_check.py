"""`harvester schema check`, on a document that says what our schemas say, and changed ones."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from harvester.catalogue import RESOURCES
from harvester.cli.schema import schema
from harvester.errors import OutOfServiceError, SpecError
from harvester.schema import Field, compare, load_schema, read_openapi
from tests.wire.scripted import Answer, says, serve

Document = dict[str, Any]
ALL = f"{len(RESOURCES)} of {len(RESOURCES)}"
KINDS = {
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number", "format": "double"},
    "quoted_int": {"type": "string", "format": "uint64"},
    "timestamp": {"type": "string", "format": "date-time"},
}


def _described(field: Field) -> Document:
    one: Document = dict(KINDS.get(field.kind, {"type": "string"}))
    if field.kind == "struct":
        one = {"type": "object", "properties": {m.name: _described(m) for m in field.fields}}
    if field.choices:
        one = {"type": "string", "enum": list(field.choices)}
    return {"type": "array", "items": one} if field.many else one


@pytest.fixture
def document() -> Document:
    """What an NCBI would say that is just as our schemas are."""
    schemas = {
        resource.report_schema: {
            "type": "object",
            "properties": {f.name: _described(f) for f in load_schema(resource.name).fields},
        }
        for resource in RESOURCES.values()
    }
    return {"openapi": "3.0.1", "components": {"schemas": schemas}}


def _report(document: Document, table: str) -> Document:
    schemas = document["components"]["schemas"]
    found: Document = schemas[RESOURCES[table].report_schema]["properties"]
    return found


def _check(*words: str) -> Result:
    return CliRunner().invoke(schema, ["check", *words], standalone_mode=False)


def _new_field(report: Document) -> None:
    report["length_in_cubits"] = {"type": "array", "items": {"type": "integer"}}


def _new_member(report: Document) -> None:
    report["count"] = {"type": "object", "properties": {}}


def _retyped(report: Document) -> None:
    report["length"] = {"type": "string"}


def _list(report: Document) -> None:
    report["chr_name"] = {"type": "array", "items": {"type": "string"}}


def _gone(report: Document) -> None:
    del report["role"]


def _choices(report: Document) -> None:
    report["role"] = {"type": "string", "enum": ["ROLE_A", "ROLE_B"]}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_new_field, ("length_in_cubits", "new", "a list of int")),
        (_new_member, ("count", "new", "struct")),
        (_retyped, ("length", "retyped", "int here, string there")),
        (_list, ("chr_name", "retyped", "string here, a list of string there")),
        (_gone, ("role", "gone", "NCBI describes it no more")),
        (_choices, ("role", "new", "the value ROLE_A")),
    ],
    ids=lambda one: one.__name__ if callable(one) else "",
)
def test_a_difference_is_told(
    change: Callable[[Document], None], told: tuple[str, str, str], document: Document
) -> None:
    before = compare(read_openapi(yaml.safe_dump(document), "it"))
    assert before == []
    change(_report(document, "sequence"))
    found = compare(read_openapi(json.dumps(document), "it"))
    assert {one.table for one in found} == {"sequence"}
    assert told in [(one.path, one.what, one.detail) for one in found]


def test_what_is_new_beside_a_report_is_told_of_each_kind_that_travels_so(
    document: Document,
) -> None:
    """The wrapper of genes and of their products is one; what the one has is not the other's."""
    schemas = document["components"]["schemas"]
    kinds = [RESOURCES[name] for name in ("gene", "product")]
    beside = {one.wrapper: {"type": "object", "properties": {}} for one in kinds}
    beside["expression"] = schemas[kinds[0].report_schema]["properties"].pop("expression")
    schemas[kinds[0].match_schema] = {"type": "object", "properties": beside}
    assert compare(read_openapi(json.dumps(document), "it")) == []
    beside["mood"] = {"type": "string"}
    found = compare(read_openapi(json.dumps(document), "it"))
    assert [(one.table, one.path, one.what) for one in found] == [
        ("gene", "mood", "new"),
        ("product", "mood", "new"),
    ]


def test_a_member_of_a_struct_in_another_schema_is_found(document: Document) -> None:
    schemas = document["components"]["schemas"]
    report = _report(document, "genome")
    schemas["Organism"] = report["organism"]
    report["organism"] = {"allOf": [{"$ref": "#/components/schemas/Organism"}]}
    assert compare(read_openapi(json.dumps(document), "it")) == []
    schemas["Organism"]["properties"]["mood"] = {"$ref": "#/components/schemas/Mood"}
    schemas["Mood"] = {"type": "string", "enum": ["GLAD"]}
    (found,) = compare(read_openapi(json.dumps(document), "it"))
    assert (found.path, found.what) == ("organism.mood", "new")


def test_a_schema_that_holds_itself_ends_where_ours_does(document: Document) -> None:
    report = RESOURCES["sequence"].report_schema
    _report(document, "sequence")["twin"] = {"$ref": f"#/components/schemas/{report}"}
    assert compare(read_openapi(json.dumps(document), "it")) == []


def test_the_status_says_whether_something_differs(document: Document, tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(yaml.safe_dump(document))
    same = _check("--spec", str(path))
    assert same.return_value == 0
    assert same.stdout == f"{ALL} tables are as {path} describes them\n"
    _new_field(_report(document, "sequence"))
    del document["components"]["schemas"][RESOURCES["virus"].report_schema]
    path.write_text(json.dumps(document))
    differs = _check("--spec", str(path))
    assert differs.return_value == 3
    assert "sequence:\n  new      length_in_cubits  a list of int\n" in differs.stdout
    assert "nothing is called v2reportsVirusAssembly" in differs.stdout
    found = json.loads(_check("--spec", str(path), "--json").stdout)
    assert found["compared_with"] == str(path)
    assert {(one["table"], one["what"]) for one in found["differences"]} == {
        ("sequence", "new"),
        ("virus", "gone"),
    }


def test_the_installed_client_is_asked_where_nothing_is_named() -> None:
    pytest.importorskip("ncbi.datasets.openapi.models")
    told = _check()
    assert told.return_value == 0
    assert f"{ALL} tables are as ncbi-datasets-pyclient" in told.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is neither YAML nor JSON"),
        ("[" * 3000, "is neither YAML nor JSON"),
        ("openapi: 3.0.1", "is no OpenAPI document"),
        ("just text", "is no OpenAPI document"),
        ("components: {schemas: []}", "is no OpenAPI document"),
    ],
)
def test_what_is_no_document_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(text)
    told = _check("--spec", str(path))
    assert isinstance(told.exception, SpecError)
    assert said in str(told.exception)


@pytest.mark.parametrize("body", [1, [], {"properties": 3}, {"properties": {"length": 4}}])
def test_an_odd_document_is_a_difference_and_no_crash(body: Any, document: Document) -> None:
    document["components"]["schemas"][RESOURCES["sequence"].report_schema] = body
    found = compare(read_openapi(json.dumps(document), "it"))
    assert {one.table for one in found} == {"sequence"}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("no-such.yaml", "there is no such file"),
        ("http://example.org/x.yaml", "must begin with https://"),
        ("https://user:word@example.org/x.yaml", "holds a user name or password"),
        ("ftp://example.org/x.yaml", "is no web address"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(spec: str, said: str) -> None:
    told = _check("--spec", spec)
    assert isinstance(told.exception, SpecError)
    assert said in str(told.exception)


def _fetched(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> tuple[Result, Any]:
    monkeypatch.setenv("NCBI_API_KEY", "a-key-of-some-length")

    async def ask() -> tuple[Result, Any]:
        async with serve(answer) as script:
            told = await asyncio.to_thread(_check, "--spec", f"{script.url}/spec.yaml")
            return told, script.asked[0]

    return asyncio.run(ask())


def test_a_document_is_fetched_without_the_key(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = gzip.compress(json.dumps(document).encode())
    told, asked = _fetched(says(body, Content_Encoding="gzip"), monkeypatch)
    assert told.return_value == 0
    assert asked.path == "/spec.yaml"
    assert "api-key" not in asked.headers
    assert asked.headers["User-Agent"].startswith("ncbi-harvester/")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (says("gone", 404), "answered 404: gone"),
        (says("", 302, Location="https://example.org/"), "points elsewhere, which is not followed"),
        (says(b"\x1f\x8b junk", Content_Encoding="gzip"), "bad gzip"),
        (says(b"\xff\xff"), "no text in UTF-8"),
    ],
)
def test_a_bad_answer_is_one_sentence(
    answer: Answer, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, _ = _fetched(answer, monkeypatch)
    assert isinstance(told.exception, SpecError)
    assert said in str(told.exception)


def test_a_server_that_is_not_there_is_an_outage() -> None:
    told = _check("--spec", "http://127.0.0.1:9/spec.yaml")
    assert isinstance(told.exception, OutOfServiceError)
