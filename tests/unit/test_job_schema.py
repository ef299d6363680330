"""The JSON Schema of job files: current, and of one mind with the loader."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from harvester.catalogue import RESOURCES
from harvester.errors import SpecError
from harvester.spec import load_job
from harvester.spec.job_schema import job_schema, render
from tests.unit.jobfiles import wrap, write
from tests.unit.test_spec import CONTRACT

REPOSITORY = Path(__file__).parents[2]
STORED = REPOSITORY / "schemas" / "job.schema.json"
JOBS = sorted((REPOSITORY / "jobs").glob("*.yaml"))
VALIDATOR = Draft202012Validator(job_schema())

GOOD = [
    "resource: genome, taxa: [9606, primates]",
    "resource: genome, taxa_file: list.txt",
    "resource: genome, accessions: [GCF_000001405.40], filters: {reference_only: true}",
    "resource: genome, taxa: [2], filters: {tax_exact_match: false, sort.field: accession}",
    "resource: genome, taxa: [2], filters: {first_release_date: 2026-01-01}",
    "resource: genome, taxa: [2], filters: {assembly_level: [contig, scaffold]}",
    "resource: genome, taxa: [2], filters: {}",
    "resource: genome, taxa: [2], endpoint: default",
    "resource: genome, taxa: [2], ignore_changes: [annotation_info.report_url, submitter]",
    "resource: genome, taxa: [2], refresh: new",
    "resource: genome, taxa_file: list.txt, refresh: new, full_every: 10 runs",
    "resource: virus, taxa: [2], refresh: new, full_every: 12h",
    "resource: genome, accessions: [x], refresh: full",
    "resource: gene, ids: [672], refresh: full",
    "resource: gene, ids: [672, '7157']",
    "resource: gene, ids: [672], endpoint: legacy, filters: {locus_tags: [b0001]}",
    "resource: gene, taxa: [9606], endpoint: legacy, filters: {types: [tRNA], query: x}",
    "resource: gene, symbols: [BRCA1], taxon: human",
    "resource: gene, symbols: [BRCA1], taxon: 9606, endpoint: legacy",
    "resource: product, ids: [672], filters: {types: [PROTEIN_CODING], sort.field: symbol}",
    "resource: product, accessions: [NM_007294.4], filters: {tax_search_subtree: true}",
    "resource: product, symbols: [BRCA1], taxon: human",
    "resource: taxonomy, taxa: [Homo sapiens], filters: {ranks: [SPECIES]}",
    "resource: taxonomy_node, taxa: [1]",
    "resource: annotation, accessions: [GCF_000005845.2], filters: {gene_types: [x]}",
    "resource: virus_summary, taxa: [1335626], filters: {host: 9606, complete_only: true}",
    "resource: virus, accessions: [NC_045512.2]",
    "resource: sequence, accessions: [GCF_000005845.2], filters: {chromosomes: [1, X]}",
]

BAD = [
    "taxa: [1]",
    "resource: genomes, taxa: [1]",
    "resource: genome",
    "resource: genome, taxons: [1]",
    "resource: genome, ids: [1]",
    "resource: genome, taxa: [1], taxon: human",
    "resource: genome, taxa: [1], accessions: [x]",
    "resource: genome, taxa: [1], taxa_file: list.txt",
    "resource: genome, taxa: []",
    "resource: genome, taxa: 1",
    "resource: genome, taxa: [true]",
    "resource: genome, taxa: [1.5]",
    "resource: genome, taxa: [-1]",
    "resource: genome, taxa: ['']",
    "resource: genome, taxa: ['a,b']",
    "resource: genome, taxa: [null]",
    "resource: genome, accessions: [a b]",
    "resource: genome, accessions: [a/b]",
    "resource: genome, accessions: [x], filters: {tax_exact_match: true}",
    "resource: genome, taxa: [1], endpoint: legacy",
    "resource: genome, taxa: [1], endpoint: old",
    "resource: genome, taxa: [1], filters: [x]",
    "resource: genome, taxa: [1], filters: {assembly_level: contig}",
    "resource: genome, taxa: [1], filters: {assembly_level: []}",
    "resource: genome, taxa: [1], filters: {assembly_level: [Contig]}",
    "resource: genome, taxa: [1], filters: {assembly_source: [refseq]}",
    "resource: genome, taxa: [1], filters: {filters.assembly_source: refseq}",
    "resource: genome, taxa: [1], filters: {page_size: 5}",
    "resource: genome, taxa: [1], filters: {reference_only: 1}",
    "resource: genome, taxa: [1], filters: {reference_only: 'true'}",
    "resource: genome, taxa: [1], filters: {first_release_date: 1/2/2026}",
    "resource: genome, taxa: [1], filters: {first_release_date: 20260101}",
    "resource: genome, taxa: [1], ignore_changes: [annotation_info.report_ulr]",
    "resource: genome, taxa: [1], ignore_changes: [accession]",
    "resource: genome, taxa: [1], ignore_changes: []",
    "resource: genome, taxa: [1], refresh: newer",
    "resource: genome, taxa: [1], refresh: [new]",
    "resource: genome, accessions: [x], refresh: new",
    "resource: gene, taxa: [1], refresh: new",
    "resource: genome, taxa: [1], full_every: 7d",
    "resource: genome, taxa: [1], refresh: full, full_every: 7d",
    "resource: gene, taxa: [1], full_every: 7d",
    "resource: genome, taxa: [1], refresh: new, full_every: 7",
    "resource: genome, taxa: [1], refresh: new, full_every: 0 runs",
    "resource: genome, taxa: [1], refresh: new, full_every: weekly",
    "resource: gene, ids: [x]",
    "resource: gene, ids: [0]",
    "resource: gene, ids: [1], taxon: human",
    "resource: gene, ids: [1], filters: {locus_tags: [x]}",
    "resource: gene, ids: [1], endpoint: legacy, filters: {types: [tRNA]}",
    "resource: gene, symbols: [A]",
    "resource: gene, symbols_file: list.txt",
    "resource: gene, taxon: human",
    "resource: product, ids: [672], endpoint: legacy",
    "resource: product, ids: [672], filters: {accession_filter: [NM_007294.4]}",
    "resource: product, ids: [672], filters: {returned_content: IDS_ONLY}",
    "resource: product, taxa: [9606], filters: {sort.field: symbol}",
    "resource: virus_summary, taxa: [1], filters: {host: true}",
]

TOP = {
    "name: ok\nschedule: 0 2 * * *\nlake: x\ndatabase: y\nregister: views": True,
    "name: 2026\ndescription: a b": True,
    "name: ok\nlimits: {requests_per_second: 0.5, concurrency: 256, max_removed_percent: 0}": True,
    "name: ok\nlimits: {}": True,
    "name: ok\npatience: 4h": True,
    "name: ok\npatience: 90": True,
    "name: ok\npatience: soon": False,
    "name: ok\npatience: 4 h": False,
    "name: ok\npatience: 0": False,
    "name: ok\npatience: '90'": False,
    "name: ok\nhooks: {on_success: [a, b, 1], on_failure: [c], timeout: 5m}": True,
    "name: ok\nhooks: {}": True,
    "name: ok\nhooks: [a]": False,
    "name: ok\nhooks: {on_success: a}": False,
    "name: ok\nhooks: {on_success: []}": False,
    "name: ok\nhooks: {on_success: ['']}": False,
    "name: ok\nhooks: {on_start: [a]}": False,
    "name: ok\nhooks: {timeout: 0}": False,
    "description: x": False,
    "name: Not OK": False,
    "name: [x]": False,
    "name: ok\nschedule: daily": False,
    "name: ok\nregister: view": False,
    "name: ok\nlake: {}": False,
    "name: ok\nlake: ''": False,
    "name: ok\ndatabase: null": False,
    "name: ok\nunknown: 1": False,
    "name: ok\nlimits: {requests_per_second: 0}": False,
    "name: ok\nlimits: {concurrency: 257}": False,
    "name: ok\nlimits: {concurrency: 1.5}": False,
    "name: ok\nlimits: {concurrency: '5'}": False,
    "name: ok\nlimits: {max_removed_percent: 100.5}": False,
    "name: ok\nlimits: {rps: 1}": False,
}


class _EditorLoader(yaml.SafeLoader):
    """Reads YAML as editors do: a date is text."""


_EditorLoader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in known if not tag.endswith(":timestamp")]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _as_editors_read(text: str) -> Any:
    return yaml.load(text, Loader=_EditorLoader)  # noqa: S506 - a safe loader


def _loads(text: str, folder: Path) -> bool:
    write(folder, "9606\n", "list.txt")
    try:
        load_job(write(folder, text))
    except SpecError:
        return False
    return True


def test_the_stored_schema_is_current() -> None:
    renew = "renew it: python -m harvester.spec.job_schema > schemas/job.schema.json"
    assert STORED.read_text(encoding="utf-8") == render(), renew


def test_the_module_prints_it() -> None:
    command = [sys.executable, "-W", "error", "-m", "harvester.spec.job_schema"]
    printed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True, text=True)
    assert printed.stdout == render()


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(json.loads(render()))


def test_editors_can_explain_every_filter() -> None:
    for resource in RESOURCES.values():
        known = job_schema()["$defs"][resource.name]["properties"]["filters"]["properties"]
        for endpoint in resource.endpoints:
            assert {param.name for param in endpoint.filters} <= known.keys()
        assert all(filter_["description"] for filter_ in known.values())


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.stem)
def test_the_jobs_that_come_along_are_valid(path: Path) -> None:
    VALIDATOR.validate(_as_editors_read(path.read_text(encoding="utf-8")))


def test_the_job_of_the_contract_is_valid() -> None:
    VALIDATOR.validate(_as_editors_read(CONTRACT))


@pytest.mark.parametrize("query", GOOD)
def test_good_queries_are_good_to_both(query: str, tmp_path: Path) -> None:
    VALIDATOR.validate(_as_editors_read(wrap(query)))
    assert _loads(wrap(query), tmp_path)


@pytest.mark.parametrize("query", BAD)
def test_bad_queries_are_bad_to_both(query: str, tmp_path: Path) -> None:
    assert not VALIDATOR.is_valid(_as_editors_read(wrap(query)))
    assert not _loads(wrap(query), tmp_path)


@pytest.mark.parametrize(("head", "good"), TOP.items())
def test_the_rest_of_a_job_is_the_same_to_both(head: str, good: bool, tmp_path: Path) -> None:  # noqa: FBT001
    text = f"{head}\nharvest:\n  - {{resource: taxonomy, taxa: [1]}}\n"
    assert VALIDATOR.is_valid(_as_editors_read(text)) is good
    assert _loads(text, tmp_path) is good


@pytest.mark.parametrize(
    "harvest", ["[]", "{}", "x", "null", "[x]", "[{resource: taxonomy, taxa: [1]}]"]
)
def test_what_to_harvest_is_the_same_to_both(harvest: str, tmp_path: Path) -> None:
    text = f"name: ok\nharvest: {harvest}\n"
    assert VALIDATOR.is_valid(_as_editors_read(text)) is _loads(text, tmp_path)


def test_the_same_query_twice_is_bad_to_both(tmp_path: Path) -> None:
    entry = "  - {resource: taxonomy, taxa: [1]}\n"
    text = f"name: ok\nharvest:\n{entry}{entry}"
    assert not VALIDATOR.is_valid(_as_editors_read(text))
    assert not _loads(text, tmp_path)
