"""First jobs: named after what they ask for, and right, with and without what is commented out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harvester.catalogue import RESOURCES
from harvester.errors import SpecError
from harvester.spec import load_job
from harvester.spec.draft import (
    Draft,
    check_draft,
    draft_text,
    first_question,
    guess_resource,
    read_filter,
)

VALUES = {
    "taxa": ("Escherichia coli", "9606"),
    "ids": ("672", "7157"),
    "symbols": ("BRCA1", "NO"),
    "accessions": ("GCF_000005845.2",),
}
#: What stands behind a # and is a line of a job all the same.
TAKEN_OUT = re.compile(r"^( *)# (?=( *)(- )?[a-z_]+:)", re.MULTILINE)
DRAFTS = [
    Draft(name, selector, VALUES[selector], "human" if selector == "symbols" else None)
    for name, resource in RESOURCES.items()
    for selector in dict.fromkeys(endpoint.selector for endpoint in resource.endpoints)
]


@pytest.mark.parametrize("draft", DRAFTS, ids=lambda draft: f"{draft.resource} {draft.selector}")
def test_every_draft_is_a_job_as_it_is_and_with_all_taken_in(draft: Draft, tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(check_draft(draft))
    job = load_job(path)
    (query,) = job.queries
    assert (query.resource, query.selector, query.values) == (
        draft.resource, draft.selector, draft.values,
    )  # fmt: skip
    assert (job.name, query.taxon, query.filters) == (draft.name, draft.taxon, ())
    path.write_text(TAKEN_OUT.sub(r"\1", path.read_text()))
    whole = load_job(path)
    assert len(whole.queries) == 2
    assert (whole.schedule, whole.patience) == ("0 2 * * *", 4 * 3600)
    assert whole.limits.requests_per_second == 3
    assert bool(whole.queries[0].filters) == (draft.resource != "taxonomy_node")


@pytest.mark.parametrize(
    ("draft", "name"),
    [
        (Draft("genome", "taxa", ("Escherichia coli",)), "escherichia-coli"),
        (Draft("genome", "taxa", ("562",)), "genome-562"),
        (Draft("genome", "taxa", ("human", "mouse")), "human-mouse"),
        (Draft("gene", "symbols", ("BRCA1",), "human"), "brca1-human"),
        (Draft("gene", "ids", ("1", "2", "3", "4", "5")), "1-2-3-and-2-more"),
        (Draft("genome", "accessions", ("GCF_000005845.2",)), "gcf-000005845-2"),
        (Draft("genome", "taxa", ("Rhizobium étli",)), "rhizobium-etli"),
        (Draft("genome", "taxa", ("細菌",)), "genome"),
        (Draft("genome", "taxa", ("x" * 200,)), "x" * 63),
    ],
)
def test_names_derive_from_what_is_asked_for(draft: Draft, name: str) -> None:
    assert draft.name == name


def test_a_draft_with_filters_has_them(tmp_path: Path) -> None:
    endpoint = Draft("genome", "taxa", ("human",)).endpoint
    typed = ("assembly_level=chromosome, contig", "reference_only=TRUE", "assembly_source=refseq")
    filters = dict(read_filter(endpoint, one) for one in typed)
    path = tmp_path / "job.yaml"
    path.write_text(check_draft(Draft("genome", "taxa", ("human",), filters=filters)))
    assert dict(load_job(path).queries[0].filters) == {
        "assembly_level": ("chromosome", "contig"),
        "assembly_source": "refseq",
        "reference_only": True,
    }


def test_hard_names_survive_yaml(tmp_path: Path) -> None:
    values = ("no", "null", "1e3x", "a: b", "it's #1", '"quoted"', "[x]", "- y", "&z", "*a", "~")
    path = tmp_path / "job.yaml"
    path.write_text(draft_text(Draft("genome", "taxa", values)))
    assert load_job(path).queries[0].values == values


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        (Draft("genome", "taxa", ("a,b",)), "'a,b' holds a comma: give the taxon's number instead"),
        (Draft("genome", "symbols", ("BRCA1",)), "genome cannot be asked for by symbols, only by"),
        (Draft("gene", "ids", ("BRCA1",)), "'BRCA1' is not a whole number, as gene ids are"),
        (Draft("gene", "symbols", ("A",), "x/y"), "'x/y' as taxon holds a slash"),
        (Draft("genome", "taxa", ("a\nb: c",)), "holds a character that cannot be seen"),
        (
            Draft("genome", "taxa", ("human",), filters={"assembly_level": ["contg"]}),
            "did you mean 'contig'?",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(draft: Draft, reason: str) -> None:
    with pytest.raises(SpecError, match=re.escape(reason)):
        check_draft(draft)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("refrence_only=true", "did you mean 'reference_only'?"),
        ("reference_only", "a filter is NAME=VALUE, such as reference_only=true"),
        ("assembly_level=", "such as assembly_level=chromosome"),
    ],
)
def test_a_filter_that_is_none_is_told(typed: str, reason: str) -> None:
    with pytest.raises(SpecError, match=re.escape(reason)):
        read_filter(Draft("genome", "taxa", ("human",)).endpoint, typed)


def test_the_table_follows_from_the_identifiers() -> None:
    assert guess_resource("taxa", ["human"]) == "genome"
    assert guess_resource("symbols", ["BRCA1"]) == "gene"
    assert guess_resource("accessions", ["GCF_000005845.2", "gca_000001405.15"]) == "genome"
    assert guess_resource("accessions", ["NM_000546.6", "NP_000537.3"]) == "gene"
    with pytest.raises(SpecError, match="Give --resource: genome, gene, "):
        guess_resource("accessions", ["NC_045512.2"])


def test_the_first_question_names_the_key_and_what_people_call_it() -> None:
    asked = "SELECT accession, organism.organism_name FROM genome LIMIT 5"
    assert first_question(RESOURCES["genome"]) == asked
    assert first_question(RESOURCES["virus_summary"]).startswith("SELECT taxon, filters FROM")
