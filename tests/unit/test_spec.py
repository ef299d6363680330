"""What a good job file becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from harvester.errors import SpecError
from harvester.model import Hooks, Job, Limits
from harvester.spec import load_job, load_jobs
from tests.unit.jobfiles import load, query_of, wrap, write

CONTRACT = """
name: primates                      # required
description: free text
schedule: "0 2 * * *"
lake: data/lake
database: data/harvest.duckdb
register: tables
harvest:
  - resource: genome
    taxa: [primates, 9606]
    filters: {assembly_level: [chromosome, complete_genome], assembly_source: refseq}
  - resource: gene
    symbols: [BRCA1, TP53]
    taxon: human
  - resource: gene
    ids_file: genes.txt
    endpoint: legacy
  - resource: annotation
    accessions: [GCF_000001405.40]
    filters: {gene_types: [protein-coding]}
  - resource: virus_summary
    taxa: [1335626]
    filters: {host: "9606", complete_only: true}
limits:
  requests_per_second: 10
  concurrency: 16
  max_removed_percent: 2
"""


def test_the_job_of_the_contract(tmp_path: Path) -> None:
    write(tmp_path, "672\n7157\n", "genes.txt")
    job = load(tmp_path, CONTRACT)
    genome, symbols, ids, annotation, virus = job.queries
    assert (job.name, job.description, job.schedule) == ("primates", "free text", "0 2 * * *")
    assert (job.lake, job.database, job.register) == (
        "data/lake",
        "data/harvest.duckdb",
        "tables",
    )
    assert job.limits == Limits(10.0, 16, 2.0)
    assert job.source == str(tmp_path / "job.yaml")
    assert (genome.selector, genome.values) == ("taxa", ("primates", "9606"))
    assert genome.filters == (
        ("assembly_level", ("chromosome", "complete_genome")),
        ("assembly_source", "refseq"),
    )
    assert (symbols.values, symbols.taxon) == (("BRCA1", "TP53"), "human")
    assert (ids.values, ids.endpoint) == (("672", "7157"), "legacy")
    assert annotation.filters == (("gene_types", ("protein-coding",)),)
    assert virus.filters == (("complete_only", True), ("host", "9606"))
    assert len({query.id for query in job.queries}) == 5


def test_what_a_job_leaves_out_has_defaults(tmp_path: Path) -> None:
    job = load(tmp_path, wrap("resource: taxonomy, taxa: [9606]"))
    assert job == Job(name="test", queries=job.queries, source=job.source)
    assert job.queries[0].endpoint == "default"
    assert len(job.queries[0].id) == 12
    assert int(job.queries[0].id, 16)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("ON", "ON"),
        ("Y", "Y"),
        ("1E5", "1E5"),
        ("2020-01-01", "2020-01-01"),
        ("12:30", "12:30"),
        ("0x10", "0x10"),
        ("007", "007"),
        ("1_000", "1_000"),
        ('"true"', "true"),
        ("H2-K1", "H2-K1"),
        ("trnK(uuu)", "trnK(uuu)"),
        ("=", "="),
    ],
)
def test_text_stays_as_it_is_written(written: str, value: str, tmp_path: Path) -> None:
    query = query_of(tmp_path, f"resource: gene, symbols: [{written}], taxon: 9606")
    assert query.values == (value,)
    assert query.taxon == "9606"


@pytest.mark.parametrize(
    ("written", "value"), [("true", True), ("yes", True), ("False", False), ("off", False)]
)
def test_truth_values(written: str, value: bool, tmp_path: Path) -> None:  # noqa: FBT001
    query = query_of(tmp_path, f"resource: virus, taxa: [1], filters: {{complete_only: {written}}}")
    assert query.filters == (("complete_only", value),)


@pytest.mark.parametrize(
    "written",
    ["2026-01-31", '"2026-01-31"', "2026-01-31T02:00:00Z", '"2026-01-31T02:00:00.5+01:00"'],
)
def test_dates(written: str, tmp_path: Path) -> None:
    query = query_of(tmp_path, f"resource: virus, taxa: [1], filters: {{updated_since: {written}}}")
    assert query.filters == (("updated_since", written.strip('"')),)


@pytest.mark.parametrize(
    "schedule",
    ["* * * * *", "*/5 0-6 1,15 jan-mar mon", "0 0 * * 7", "0 12 31 DEC sun", "5/10 * * * *",
     "0 0 L * *", "0 0 LW * *", "0 0 * * mon#2", "0 0 29 2 *", "0 0 31 2 mon"],
)  # fmt: skip
def test_schedules(schedule: str, tmp_path: Path) -> None:
    text = f'schedule: "{schedule}"\n' + wrap("resource: taxonomy, taxa: [1]")
    assert load(tmp_path, text).schedule == schedule


def test_hooks(tmp_path: Path) -> None:
    hooks = "hooks: {on_change: [a, -n, 3, '$HOME *'], on_failure: [b], timeout: 5m}\n"
    job = load(tmp_path, hooks + wrap("resource: taxonomy, taxa: [1]"))
    assert job.hooks == Hooks(
        on_change=("a", "-n", "3", "$HOME *"), on_failure=("b",), timeout=300.0
    )
    assert load(tmp_path, wrap("resource: taxonomy, taxa: [1]")).hooks == Hooks()


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90s", 90), ("15m", 900), ("4h", 14400), ("1d", 86400), ("0.5h", 1800), ("90", 90),
     ("1.5", 1.5), ("'2m'", 120), ("7d", 604800)],
)  # fmt: skip
def test_patience(written: str, seconds: float, tmp_path: Path) -> None:
    text = wrap("resource: taxonomy, taxa: [9606]")
    assert load(tmp_path, f"patience: {written}\n{text}").patience == seconds


def test_what_is_named_twice_is_asked_once(tmp_path: Path) -> None:
    query = query_of(
        tmp_path,
        "resource: taxonomy, taxa: [9606, human, '9606'], filters: {ranks: [GENUS, GENUS]}",
    )
    assert query.values == ("9606", "human")
    assert query.filters == (("ranks", ("GENUS",)),)


def test_dotted_filters_of_ncbi_keep_their_names(tmp_path: Path) -> None:
    query = query_of(tmp_path, "resource: genome, taxa: [2], filters: {sort.field: accession}")
    assert query.filters == (("sort.field", "accession"),)


def test_anchors_are_plain_repetition(tmp_path: Path) -> None:
    text = (
        "name: anchors\nharvest:\n"
        "- {resource: genome, accessions: &both [GCF_000001405.40, GCF_000005845.2]}\n"
        "- {resource: sequence, accessions: *both}\n"
    )
    first, second = load(tmp_path, text).queries
    assert first.values == second.values


def test_an_id_knows_what_is_asked_and_not_how_it_is_written(tmp_path: Path) -> None:
    write(tmp_path, "# ours\n\n672 # BRCA1\n7157", "genes.txt")
    listed = query_of(
        tmp_path, "resource: gene, ids: [672, 7157], filters: {query: x, types: [OTHER]}"
    )
    filed = query_of(
        tmp_path,
        "filters: {types: [OTHER], query: x}, ids_file: genes.txt, "
        "endpoint: default, resource: gene",
    )
    assert filed == listed


@pytest.mark.parametrize(
    "other",
    [
        "resource: taxonomy_node, taxa: [9606]",
        "resource: taxonomy, taxa: [9605]",
        "resource: taxonomy, taxa: [9606, 9605]",
        "resource: taxonomy, taxa: [9606], filters: {children: true}",
    ],
)
def test_another_question_has_another_id(other: str, tmp_path: Path) -> None:
    assert query_of(tmp_path, other).id != query_of(tmp_path, "resource: taxonomy, taxa: [9606]").id


def test_several_jobs_load_in_their_order(tmp_path: Path) -> None:
    one = write(tmp_path, wrap("resource: taxonomy, taxa: [1]"), "one.yaml")
    two = write(tmp_path, wrap("resource: taxonomy, taxa: [2]"), "two.yaml")
    assert [job.source for job in load_jobs([str(two), one])] == [str(two), str(one)]


def test_faults_of_several_jobs_are_told_together(tmp_path: Path) -> None:
    good = write(tmp_path, wrap("resource: taxonomy, taxa: [1]"), "good.yaml")
    bad = [write(tmp_path, "name: x\n", name) for name in ("b.yaml", "a.yaml")]
    with pytest.raises(SpecError) as caught:
        load_jobs([bad[0], good, bad[1]])
    assert [Path(fault.file).name for fault in caught.value.faults] == ["b.yaml", "a.yaml"]


def test_a_job_may_come_with_a_byte_order_mark_and_carriage_returns(tmp_path: Path) -> None:
    text = "\ufeff" + wrap("resource: taxonomy, taxa: [1]").replace("\n", "\r\n")
    assert load_job(write(tmp_path, text)).name == "test"
