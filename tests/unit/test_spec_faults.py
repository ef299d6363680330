"""What is said about a bad job: one message a fault, where it stands, what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from harvester.catalogue import NOT_YOURS
from tests.unit.jobfiles import faults_of, wrap

GOOD = "  - {resource: taxonomy, taxa: [1]}\n"

#: The inside of a query, and what is said about it; the query stands at 3:5.
QUERIES = [
    (
        "taxa: [1]",
        (
            "3:5: this entry of 'harvest' names no 'resource' (one of genome, gene, product, "
            "taxonomy, taxonomy_node, annotation, virus_summary, virus, sequence)"
        ),
    ),
    ("resorce: genome, taxa: [1]", "3:6: unknown key 'resorce' (did you mean 'resource'?)"),
    ("resource: genomes", "3:16: 'resource' cannot be 'genomes' (did you mean 'genome'?)"),
    ("resource: [genome]", "3:16: 'resource' must be text, not a list"),
    (
        "resource: genome",
        "3:5: this query of genome does not say which records (add taxa or accessions)",
    ),
    ("resource: genome, taxons: [1]", "3:24: unknown key 'taxons' (did you mean 'taxa'?)"),
    ("resource: gene, gene_ids: [1]", "3:22: unknown key 'gene_ids' (did you mean 'ids'?)"),
    (
        "resource: genome, ids: [1]",
        "3:24: genome cannot be asked for by 'ids' (only by taxa or accessions)",
    ),
    (
        "resource: genome, taxa: [1], reference_only: true",
        "3:35: unknown key 'reference_only' (a filter stands under 'filters')",
    ),
    (
        "resource: genome, taxa: [1], api_key: s3cret",
        "3:35: 'api_key' is not for a job to set: set NCBI_API_KEY in the environment",
    ),
    (
        "resource: genome, taxa: [1], accessions: [x]",
        "3:35: two selectors in one query: 'taxa' and 'accessions' (make it two queries)",
    ),
    (
        "resource: genome, taxa: [1], taxa_file: x",
        "3:35: two selectors in one query: 'taxa' and 'taxa_file' (make it two queries)",
    ),
    (
        "resource: gene, symbols: [A]",
        "3:5: 'symbols' need a 'taxon' that they belong to (such as taxon: human)",
    ),
    (
        "resource: gene, ids: [1], taxon: human",
        "3:32: 'taxon' does not go with 'ids' (only with 'symbols')",
    ),
    (
        "resource: genome, taxa: [1], ignore_changes: [annotation_info.report_ulr]",
        (
            "3:52: 'annotation_info.report_ulr' is no column of genome "
            "(did you mean 'annotation_info.report_url'?)"
        ),
    ),
    (
        "resource: genome, taxa: [1], ignore_changes: [submitter, zzz]",
        "3:63: 'zzz' is no column of genome (`harvester tables genome` lists them)",
    ),
    (
        "resource: genome, taxa: [1], ignore_changes: [submitter, accession]",
        "3:63: 'accession' is the key of genome (rows with another key are other rows)",
    ),
    (
        "resource: genome, taxa: [1], ignore_changes: [_extra./a]",
        (
            "3:52: what lies in '_extra' cannot be ignored, only columns (NCBI's fields that have "
            "a column, as `harvester tables` lists them)"
        ),
    ),
    (
        "resource: genome, taxa: [1], ignore_changes: submitter",
        "3:51: 'ignore_changes' must be a list, not the text 'submitter' (write [submitter])",
    ),
    (
        "resource: gene, taxa: [1], refresh: new",
        (
            "3:42: NCBI cannot tell what is new of gene by taxa "
            "(only of genome by taxa and virus by taxa)"
        ),
    ),
    (
        "resource: genome, accessions: [x], refresh: new",
        (
            "3:50: NCBI cannot tell what is new of genome by accessions "
            "(only of genome by taxa and virus by taxa)"
        ),
    ),
    (
        "resource: genome, taxa: [1], refresh: newer",
        "3:44: 'refresh' cannot be 'newer' (did you mean 'new'?)",
    ),
    (
        "resource: genome, taxa: [1], full_every: 7d",
        "3:35: 'full_every' goes with refresh: new (without it all runs are full)",
    ),
    (
        "resource: genome, taxa: [1], refresh: new, full_every: 7",
        (
            "3:61: 'full_every' must be a time from 1h to 366d, such as 7d, or a number of runs, "
            "such as 10 runs, not the number 7 (write 7d)"
        ),
    ),
    (
        "resource: genome, taxa: [1], refresh: new, full_every: 59m",
        (
            "3:61: 'full_every' must be a time from 1h to 366d, such as 7d, or a number of runs, "
            "such as 10 runs, not the text '59m'"
        ),
    ),
    ("resource: genome, taxon: 1", "3:24: genome has no 'taxon' (did you mean 'taxa', a list?)"),
    ("resource: gene, symbols: [A], taxon: [1]", "3:43: 'taxon' must be text, not a list"),
    (
        "resource: gene, symbols: [A], taxon: a/b",
        "3:43: 'a/b' as 'taxon' holds a slash: give the taxon's number instead",
    ),
    (
        "resource: genome, taxa: [1], endpoint: legacy",
        "3:45: genome by taxa has no legacy path (leave 'endpoint' out)",
    ),
    (
        "resource: gene, taxa: [1], endpoint: Legacy",
        "3:43: 'endpoint' cannot be 'Legacy' (did you mean 'legacy'?)",
    ),
    ("resource: genome, taxa: 1", "3:30: 'taxa' must be a list, not the number 1 (write [1])"),
    ("resource: genome, taxa: {a: b}", "3:30: 'taxa' must be a list, not a mapping"),
    (
        "resource: genome, taxa: []",
        "3:30: 'taxa' is an empty list (name at least one, or leave it out)",
    ),
    (
        "resource: genome, taxa:",
        "3:29: 'taxa' is empty (give it a value or leave it out)",
    ),
    (
        "resource: genome, taxa: [1, true]",
        (
            "3:34: an item of 'taxa' must be text, not the truth value true "
            '(in quotes it is text: "true")'
        ),
    ),
    (
        "resource: genome, taxa: [9606.5]",
        (
            "3:31: an item of 'taxa' must be text, not the number 9606.5 "
            '(in quotes it is text: "9606.5")'
        ),
    ),
    ("resource: genome, taxa: [[1]]", "3:31: an item of 'taxa' must be text, not a list"),
    ("resource: genome, taxa: [-1]", "3:31: '-1' in 'taxa' is no taxon number"),
    ("resource: genome, taxa: ['0']", "3:31: '0' in 'taxa' is no taxon number"),
    (
        "resource: genome, taxa: ['a, b']",
        "3:31: 'a, b' in 'taxa' holds a comma: give the taxon's number instead",
    ),
    (
        "resource: gene, ids: [672, BRCA1]",
        "3:33: 'BRCA1' in 'ids' is not a whole number, as gene ids are",
    ),
    ("resource: gene, ids: [0x1]", "3:28: '0x1' in 'ids' is not a whole number, as gene ids are"),
    ("resource: genome, accessions: [GCF 1]", "3:37: 'GCF 1' in 'accessions' holds a blank"),
    (
        "resource: genome, accessions: [' GCF_1']",
        "3:37: ' GCF_1' in 'accessions' has blanks around it",
    ),
    ("resource: genome, accessions: [a/b]", "3:37: 'a/b' in 'accessions' holds a slash"),
    ("resource: genome, accessions: ['..']", "3:37: '..' in 'accessions' names nothing"),
    (
        'resource: genome, accessions: ["a\\u200b"]',
        "3:37: 'a\\u200b' in 'accessions' holds a character that cannot be seen",
    ),
    (
        'resource: genome, accessions: ["\\ud800"]',
        "3:37: an item of 'accessions' holds a control character",
    ),
    ("resource: genome, taxa: [1], filters: [x]", "3:44: 'filters' must be a mapping, not a list"),
    (
        "resource: genome, taxa_file: nope.txt",
        "3:35: nope.txt: there is no such file",
    ),
    (
        "resource: genome, taxa_file: job.yml",
        "3:35: job.yml: there is no such file (did you mean 'job.yaml'?)",
    ),
    (
        "resource: genome, taxa_file: x/y.txt",
        "3:35: x/y.txt: there is no such file (there is no folder 'x')",
    ),
]

#: One filter of a genome query by taxa, and what is said; it stands at 3:45.
FILTERS = [
    ("asembly_level: [x]", "unknown filter 'asembly_level' (did you mean 'assembly_level'?)"),
    ("assemblySource: refseq", "unknown filter 'assemblySource' (did you mean 'assembly_source'?)"),
    (
        "filters.assembly_level: [contig]",
        "unknown filter 'filters.assembly_level' (write its bare name, 'assembly_level')",
    ),
    (
        "filters.sort.field: x",
        "unknown filter 'filters.sort.field' (write its bare name, 'sort.field')",
    ),
    ("zzz: 1", "unknown filter 'zzz'"),
    (
        "complete_only: true",
        "'complete_only' is no filter of genome by taxa (it is one of virus_summary, virus)",
    ),
    *(
        (f"{name}: 1", f"{name!r} is not for a job to set: {why}")
        for name, why in NOT_YOURS.items()
    ),
]

#: The value of a filter, and what is said about it, from the value's column on.
VALUES = [
    (
        "assembly_level: contig",
        "'assembly_level' must be a list, not the text 'contig' (write [contig])",
    ),
    (
        "assembly_level: []",
        "'assembly_level' is an empty list (name at least one, or leave it out)",
    ),
    (
        "assembly_level: [Complete Genome]",
        "an item of 'assembly_level' cannot be 'Complete Genome' (did you mean 'complete_genome'?)",
    ),
    ("assembly_source: RefSeq", "'assembly_source' cannot be 'RefSeq' (did you mean 'refseq'?)"),
    ("assembly_source: x", "'assembly_source' cannot be 'x' (one of all, refseq, genbank)"),
    ("assembly_source: [refseq]", "'assembly_source' must be text, not a list"),
    ("reference_only: 1", "'reference_only' must be true or false, not the number 1"),
    (
        'reference_only: "true"',
        "'reference_only' must be true or false, not the text 'true' (without quotes)",
    ),
    ("reference_only: ~", "'reference_only' is empty (give it a value or leave it out)"),
    (
        "first_release_date: 2026-02-30",
        "'2026-02-30' is no date for 'first_release_date' (write YYYY-MM-DD)",
    ),
    (
        "first_release_date: 01/02/2026",
        "'01/02/2026' is no date for 'first_release_date' (write YYYY-MM-DD)",
    ),
    ("search_text: ['']", "an item of 'search_text' is empty (give it a value or leave it out)"),
    ("sort.field: ' x'", "'sort.field' must be one line without blanks around it"),
]

#: A line of a job, and what is said about it; it is the first line.
KEYS = [
    ("nme: x", "1:1: unknown key 'nme' (did you mean 'name'?)"),
    ("queries: []", "1:1: unknown key 'queries' (did you mean 'harvest'?)"),
    ("concurrency: 4", "1:1: unknown key 'concurrency' (it stands under 'limits')"),
    ("taxa: [1]", "1:1: unknown key 'taxa' (it belongs to an entry of 'harvest')"),
    (
        "api_key: s3cret",
        "1:1: 'api_key' is not for a job to set: set NCBI_API_KEY in the environment",
    ),
    ("lake:", "1:6: 'lake' is empty (give it a value or leave it out)"),
    ("lake: ''", "1:7: 'lake' is empty (give it a value or leave it out)"),
    ("lake: true", ("1:7: 'lake' must be text, not the truth value true "
     '(in quotes it is text: "true")')),
    ('lake: "a\\nb"', "1:7: 'lake' must be one line without blanks around it"),
    ('description: "\\e[2J"', "1:14: 'description' holds a control character"),
    ("database: {}", "1:11: 'database' must be text, not a mapping"),
    ("register: view", "1:11: 'register' cannot be 'view' (did you mean 'views'?)"),
    ("limits: 5", "1:9: 'limits' must be a mapping, not the number 5"),
    ("limits: {rps: 5}", "1:10: unknown key 'rps' (did you mean 'requests_per_second'?)"),
    ("<<: {lake: x}", ("1:1: unknown key '<<' (one of name, description, schedule, lake, "
     "database, register, harvest, limits, patience, hooks)")),
    ("patience:", "1:10: 'patience' is empty (give it a value or leave it out)"),
    ("patient: 4h", "1:1: unknown key 'patient' (did you mean 'patience'?)"),
    ("[a]: b", "1:1: a key must be a plain name"),
    ("schedule: daily", ("1:11: 'schedule' has 1 fields where cron has 5 "
     '(such as "0 2 * * *", every day at two)')),
    ("on_failure: [mail]", "1:1: unknown key 'on_failure' (it stands under 'hooks')"),
    ("hooks: mail", "1:8: 'hooks' must be a mapping, not the text 'mail'"),
    ("hooks: {on_sucess: [a]}", "1:9: unknown key 'on_sucess' (did you mean 'on_success'?)"),
    ("hooks: {on_change: mail me}", ("1:20: 'on_change' must be a list, not the text 'mail me' "
     "(write [mail me])")),
    ("hooks: {on_change: []}", ("1:20: 'on_change' is an empty list "
     "(name at least one, or leave it out)")),
    ("hooks: {on_change: [a, [b]]}", "1:24: an item of 'on_change' must be text, not a list"),
    ("hooks: {on_change: [a, 0.5]}", ("1:24: an item of 'on_change' must be text, "
     'not the number 0.5 (in quotes it is text: "0.5")')),
    ("hooks: {timeout: 0s}", ("1:18: 'timeout' must be a time from 1s to 7d, "
     "such as 90s, 15m or 4h, not the text '0s'")),
]  # fmt: skip

PATIENCE = [
    ("4 h", "the text '4 h' (write 4h)"),
    ("15M", "the text '15M' (write 15m)"),
    ("1h30m", "the text '1h30m'"),
    ("0", "the number 0"),
    ("-5", "the number -5"),
    (".inf", "the number .inf"),
    ("8d", "the text '8d'"),
    ("'90'", "the text '90'"),
    ("true", "the truth value true"),
    ("[4h]", "a list"),
]

LIMITS = [
    ("requests_per_second: 0", "'requests_per_second' must be a number above 0, not the number 0"),
    (
        "requests_per_second: .inf",
        "'requests_per_second' must be a number above 0, not the number .inf",
    ),
    ("concurrency: 0", "'concurrency' must be a whole number from 1 to 256, not the number 0"),
    ("concurrency: 257", "'concurrency' must be a whole number from 1 to 256, not the number 257"),
    ("concurrency: 1.5", "'concurrency' must be a whole number from 1 to 256, not the number 1.5"),
    (
        "concurrency: true",
        "'concurrency' must be a whole number from 1 to 256, not the truth value true",
    ),
    (
        "concurrency: '8'",
        "'concurrency' must be a whole number from 1 to 256, not the text '8' (without quotes)",
    ),
    (
        "max_removed_percent: 101",
        "'max_removed_percent' must be a number from 0 to 100, not the number 101",
    ),
    (
        "max_removed_percent: -1",
        "'max_removed_percent' must be a number from 0 to 100, not the number -1",
    ),
]

NAMES = [
    ("Primates", "such as primates"),
    ("my job", "such as my-job"),
    ("-x", "such as x"),
    ("ä", ""),
    ("x" * 64, f"such as {'x' * 63}"),
]

SCHEDULES = [
    ("* * * *", "has 4 fields where cron has 5"),
    ("60 * * * *", "has '60' for the minute, which is 0 to 59"),
    ("* 24 * * *", "has '24' for the hour, which is 0 to 23"),
    ("* * 0 * *", "has '0' for the day of the month, which is 1 to 31"),
    ("* * * foo *", "has 'foo' for the month, which is 1 to 12"),
    ("* * * * 8", "has '8' for the day of the week, which is 0 to 7"),
    ("*/0 * * * *", "has '*/0' for the minute, which is 0 to 59"),
    ("5-1 * * * *", "has '5-1' for the minute, which is 0 to 59"),
    ("1,,2 * * * *", "has '1,,2' for the minute, which is 0 to 59"),
    ("0 0 2 * * *", "has 6 fields where cron has 5"),
    ("0 0 * * mon#6", "has 'mon#6' for the day of the week, which is 0 to 7"),
    ("0 0 * * fri-sun", "has 'fri-sun' for the day of the week, which is 0 to 7"),
    (f"{'9' * 5000} * * * *", f"has '{'9' * 60}…' for the minute, which is 0 to 59"),
    ("*/٣ * * * *", "has '*/٣' for the minute, which is 0 to 59"),
    ("0 0 30 2 *", "names a day that never comes"),
    ("0 0 31 4,6 *", "names a day that never comes"),
]


@pytest.mark.parametrize(("query", "told"), QUERIES)
def test_a_wrong_query(query: str, told: str, tmp_path: Path) -> None:
    assert faults_of(tmp_path, wrap(query)) == [f"job.yaml:{told}"]


@pytest.mark.parametrize(("entry", "told"), FILTERS)
def test_a_wrong_filter(entry: str, told: str, tmp_path: Path) -> None:
    text = wrap(f"resource: genome, taxa: [1], filters: {{{entry}}}")
    assert faults_of(tmp_path, text) == [f"job.yaml:3:45: {told}"]


@pytest.mark.parametrize(("entry", "told"), VALUES)
def test_a_wrong_value_of_a_filter(entry: str, told: str, tmp_path: Path) -> None:
    text = wrap(f"resource: genome, taxa: [1], filters: {{{entry}}}")
    key, _, _ = entry.partition(": ")
    inside = told.startswith("an item of")
    assert faults_of(tmp_path, text) == [f"job.yaml:3:{47 + len(key) + inside}: {told}"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (
            "resource: genome, accessions: [x], filters: {tax_exact_match: true}",
            "'tax_exact_match' is no filter of genome by accessions (it is one of genome by taxa)",
        ),
        (
            "resource: gene, ids: [1], filters: {locus_tags: [x]}",
            (
                "'locus_tags' is no filter of gene by ids "
                "(it is one of gene by ids with endpoint: legacy)"
            ),
        ),
        (
            "resource: gene, ids: [1], endpoint: legacy, filters: {types: [OTHER]}",
            (
                "'types' is no filter of gene by ids with endpoint: legacy "
                "(it is one of gene by ids)"
            ),
        ),
        (
            "resource: gene, taxa: [1], filters: {sort.field: x}",
            (
                "'sort.field' is no filter of gene by taxa "
                "(it is one of gene by taxa with endpoint: legacy)"
            ),
        ),
    ],
)
def test_a_filter_of_another_path(query: str, told: str, tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, wrap(query))
    assert fault.partition(": ")[2] == told


@pytest.mark.parametrize(("line", "told"), KEYS)
def test_a_wrong_key_of_a_job(line: str, told: str, tmp_path: Path) -> None:
    name = "" if line.startswith("nme") else "name: test\n"
    harvest = "" if line.startswith("queries") else f"harvest:\n{GOOD}"
    assert faults_of(tmp_path, f"{line}\n{name}{harvest}") == [f"job.yaml:{told}"]


@pytest.mark.parametrize(("written", "told"), PATIENCE)
def test_a_wrong_patience(written: str, told: str, tmp_path: Path) -> None:
    expected = "'patience' must be a time from 1s to 7d, such as 90s, 15m or 4h"
    text = f"name: test\npatience: {written}\nharvest:\n{GOOD}"
    assert faults_of(tmp_path, text) == [f"job.yaml:2:11: {expected}, not {told}"]


@pytest.mark.parametrize(("limit", "told"), LIMITS)
def test_a_wrong_limit(limit: str, told: str, tmp_path: Path) -> None:
    text = f"name: test\nlimits: {{{limit}}}\nharvest:\n{GOOD}"
    column = limit.index(": ") + 12
    assert faults_of(tmp_path, text) == [f"job.yaml:2:{column}: {told}"]


@pytest.mark.parametrize(("name", "hint"), NAMES)
def test_a_wrong_name(name: str, hint: str, tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, f"name: {name}\nharvest:\n{GOOD}")
    assert fault.startswith(f"job.yaml:1:7: '{name[:60]}")
    assert fault.endswith(f"({hint})" if hint else "63 at most")


@pytest.mark.parametrize(("schedule", "told"), SCHEDULES)
def test_a_wrong_schedule(schedule: str, told: str, tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, f"name: test\nschedule: '{schedule}'\nharvest:\n{GOOD}")
    assert fault.startswith(f"job.yaml:2:11: 'schedule' {told} (")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("harvest:\n" + GOOD, "1:1: the job has no 'name' (such as name: my-job)"),
        ("name: x\n", "1:1: the job has no 'harvest' (the list of what to ask for)"),
        ("name: x\nharvest: []\n", ("2:10: 'harvest' is an empty list "
         "(name at least one, or leave it out)")),
        ("name: x\nharvest: {resource: genome}\n", "2:10: 'harvest' must be a list, not a mapping"),
        ("name: x\nharvest: [genome]\n", ("2:11: an item of 'harvest' must be a mapping, "
         "not the text 'genome'")),
        (f"name: x\nharvest:\n{GOOD}{GOOD}", "4:5: this query is in the job already (on line 3)"),
        (f"name: x\nharvest:\n{GOOD}name: y\n", "4:1: key 'name' is given twice (first on line 1)"),
    ],
)  # fmt: skip
def test_a_job_that_lacks_or_repeats(text: str, told: str, tmp_path: Path) -> None:
    assert faults_of(tmp_path, text) == [f"job.yaml:{told}"]


def test_all_faults_of_a_file_are_told_at_once_in_reading_order(tmp_path: Path) -> None:
    text = "nmae: x\nharvest:\n  - {resource: gene, ids: [x], filters: {a: b}}\n  - 5\nlake:\n"
    assert [fault.split(": ")[0] for fault in faults_of(tmp_path, text)] == [
        "job.yaml:1:1",
        "job.yaml:3:28",
        "job.yaml:3:42",
        "job.yaml:4:5",
        "job.yaml:5:6",
    ]


def test_a_key_of_ncbi_in_a_job_is_not_repeated_to_the_screen(tmp_path: Path) -> None:
    query = "resource: genome, taxa: [1], filters: {api_key: s3cret}, api_key: s3cret"
    told = "\n".join(faults_of(tmp_path, f"api_key: s3cret\n{wrap(query)}"))
    assert told.count("api_key") == 3
    assert "s3cret" not in told
