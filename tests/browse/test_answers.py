"""What the page is told, held against the database itself."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from harvester.browse.examples import EXAMPLES
from tests.browse.conftest import GENOMES, HOSTILE, genome
from tests.browse.serving import Site, served
from tests.publish.place import Place

#: Where genomes tell their day.
DAY = "assembly_info.release_date"


def _filtered(column: str, operator: str, value: str, times: int = 1) -> dict[str, Any]:
    one = {"column": column, "operator": operator, "value": value}
    return {"table": "genome", "filters": [one] * times}


def _column(page: dict[str, Any], name: str) -> list[Any]:
    place = [column["name"] for column in page["columns"]].index(name)
    return [row[place] for row in page["rows"]]


def test_the_tables_are_told_with_rows_and_documentation(site: Site) -> None:
    told = site.ask("table", table="genome")
    overview = json.loads(site.get("answers/overview").body)
    listed = {table["name"]: table for table in overview["tables"]}
    assert listed["genome"]["rows"] == told["rows"] == GENOMES
    assert listed["gene"]["rows"] == 2
    assert listed["meta.changes"]["rows"] == GENOMES + 3 + 2
    assert all(table["doc"] for table in listed.values())
    columns = {column["name"]: column for column in told["columns"]}
    filled = site.ask("filled", table="genome")
    assert filled["measured_on"] == "all 500 rows"
    assert all(column["doc"] for column in columns.values())
    assert columns["assembly_stats_contig_n50"]["type"] == "BIGINT"
    assert filled["columns"]["checkm_info_completeness"]["filled"] == pytest.approx(1 / 4, abs=0.01)
    assert filled["columns"]["checkm_info_completeness"]["example"] == "99.5"
    assert filled["columns"]["_extra"]["filled"] == 0
    assert told["shown"][:2] == ["accession", "organism_organism_name"]
    assert "checkm_info_checkm_version" not in told["shown"]


def test_pages_follow_each_other_without_gap_or_overlap(site: Site, lake: Place) -> None:
    asked = {"table": "genome", "columns": ["accession"], "sort": "assembly_stats_contig_n50"}
    seen = [
        accession
        for offset in range(0, GENOMES, 120)
        for accession in _column(site.ask("rows", **asked, limit=120, offset=offset), "accession")
    ]
    assert seen == lake.ask("SELECT accession FROM genome ORDER BY assembly_stats.contig_n50")
    assert site.ask("rows", table="genome", offset=10_000)["rows"] == []


def test_rows_are_sorted_both_ways_with_what_is_empty_last(site: Site) -> None:
    asked = {"table": "genome", "columns": ["checkm_info_completeness", "accession"]}
    for descending in (False, True):
        page = site.ask("rows", **asked, sort="checkm_info_completeness", descending=descending)
        assert None not in _column(page, "checkm_info_completeness")
    page = site.ask("rows", **asked, sort="accession", descending=True, limit=500)
    assert all(one > two for one, two in pairwise(_column(page, "accession")))


@pytest.mark.parametrize(
    ("column", "operator", "value", "condition"),
    [
        ("organism_organism_name", "contains", "SALMON", "organism.organism_name LIKE 'Salmon%'"),
        ("organism_organism_name", "begins with", "Esch", "organism.organism_name LIKE 'Esch%'"),
        ("organism_tax_id", "is", "562", "organism.tax_id = 562"),
        ("organism_tax_id", "is not", "562", "organism.tax_id <> 562"),
        ("assembly_stats_gc_percent", "at least", "50.5", "assembly_stats.gc_percent >= 50.5"),
        ("assembly_stats_contig_n50", "at most", "100.5", "assembly_stats.contig_n50 <= 100"),
        ("assembly_info_release_date", "at least", "2020-01-01", f"{DAY} >= '2020-01-01'"),
        ("checkm_info_completeness", "is empty", "", "checkm_info.completeness IS NULL"),
        ("checkm_info_completeness", "is not empty", "", "checkm_info.completeness IS NOT NULL"),
        ("organism_organism_name", "contains", "%", "false"),
        ("organism_organism_name", "contains", "' OR true --", "false"),
        ("organism_lineage", "is empty", "", "true"),
    ],
)
def test_filters_find_what_sql_finds(
    site: Site, lake: Place, column: str, operator: str, value: str, condition: str
) -> None:
    filters = [{"column": column, "operator": operator, "value": value}]
    asked = {"table": "genome", "columns": ["accession"], "filters": filters}
    wanted = lake.ask(f"SELECT accession FROM genome WHERE {condition} ORDER BY accession")
    page = site.ask("rows", **asked, sort="accession", limit=1000)
    assert _column(page, "accession") == wanted
    assert site.ask("count", **asked)["rows"] == len(wanted)
    assert site.sql(page["sql"])["rows"] == page["rows"][:200]


def test_search_looks_into_the_shown_columns_only(site: Site) -> None:
    asked = {"table": "genome", "search": "salmonella ENTERICA"}
    assert site.ask("count", **asked, columns=["accession"])["rows"] == 0
    found = site.ask("rows", **asked, columns=["accession", "organism_organism_name"])
    assert site.ask("count", table="genome", search="2024-0")["rows"] > 0
    assert site.ask("count", table="genome", search="99.5")["rows"] >= GENOMES // 4
    assert _column(found, "accession") == [genome(7)["accession"]]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"table": "genom"}, "there is no table 'genom': did you mean genome?"),
        ({"table": "genome", "columns": ["acession"]}, "did you mean accession?"),
        ({"table": "genome", "sort": "1; DROP TABLE genome"}, "there is no column of genome"),
        (_filtered("accession", "like", ""), "there is no filter 'like'"),
        (
            _filtered("organism_tax_id", "is", "abc"),
            "is no value of organism_tax_id",
        ),
        (_filtered("organism_tax_id", "is", "9" * 30), "Could not convert"),
        (_filtered("assembly_info_release_date", "at least", "yesterday"), "like 2026-01-31"),
        (_filtered("organism_lineage", "at most", "1"), "holds no values that could be compared"),
        (_filtered("accession", "is", "x", times=21), "21 filters are too many"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(site: Site, asked: dict[str, Any], said: str) -> None:
    told = site.ask("rows", **asked)
    assert said in told["error"]
    assert "\n" not in told["error"]


def test_a_column_is_told_with_its_spread(site: Site, lake: Place) -> None:
    told = site.ask("column", table="genome", column="assembly_stats_contig_n50")
    assert (told["rows"], told["filled"]) == (GENOMES, GENOMES)
    assert told["distinct"] == pytest.approx(GENOMES, rel=0.1)
    assert (told["least"], told["most"]) == ("5", str(GENOMES**2 + 5))
    spread = told["histogram"]
    assert sum(spread["rows"]) == GENOMES
    assert len(spread["edges"]) == len(spread["rows"]) + 1 <= 31
    below = f"assembly_stats.contig_n50 < {spread['edges'][1]}"
    (first,) = lake.ask(f"SELECT count(*) FROM genome WHERE {below}")
    assert spread["rows"][0] == first
    even = site.ask("column", table="genome", column="assembly_stats_contig_n50", log=True)
    assert sum(even["histogram"]["rows"]) == GENOMES
    assert even["histogram"]["rows"][0] < spread["rows"][0]


def test_frequent_values_are_counted_exactly_and_within_a_filter(site: Site, lake: Place) -> None:
    told = site.ask("column", table="genome", column="assembly_info_assembly_level")
    level = "assembly_info.assembly_level"
    counted = f"SELECT {level}, count(*) FROM genome GROUP BY 1 ORDER BY 2 DESC, 1"
    assert [tuple(one) for one in told["top"]] == lake.ask(counted)
    filters = [{"column": "organism_tax_id", "operator": "is", "value": "562"}]
    asked = {"table": "genome", "column": "assembly_info_assembly_level", "filters": filters}
    told = site.ask("column", **asked)
    (rows,) = lake.ask("SELECT count(*) FROM genome WHERE organism.tax_id = 562")
    assert told["rows"] == rows
    assert told["top"][0][1] <= rows


def test_days_and_lengths_have_a_spread_too(site: Site) -> None:
    days = site.ask("column", table="genome", column="assembly_info_release_date")["histogram"]
    assert sum(days["rows"]) == GENOMES
    assert days["edges"][0].startswith("2010-")
    lengths = site.ask("column", table="gene", column="synonyms")
    assert (lengths["filled"], lengths["least"], lengths["most"]) == (1, "2", "2")
    assert site.ask("column", table="genome", column="_extra")["histogram"] is None


def test_a_row_is_told_whole_with_its_past(site: Site) -> None:
    told = site.ask("row", table="genome", key=genome(7)["accession"])
    values = dict(zip((one["name"] for one in told["columns"]), told["values"], strict=True))
    assert values["organism_organism_name"] == "Salmonella enterica"
    assert [version[0] for version in told["versions"]] == ["run2", "run1"]
    assert [change[:2] for change in told["changes"]] == [["run2", "changed"], ["run1", "added"]]
    gone = site.ask("row", table="genome", key=genome(3)["accession"])
    assert gone["values"] is None
    assert gone["changes"][0][:2] == ["run2", "removed"]
    assert site.ask("row", table="annotation", key='["GCF_1.1", null]')["values"] is None
    assert "2 parts" in site.ask("row", table="annotation", key="GCF_1.1")["error"]
    assert "no key" in site.ask("row", table="meta.runs", key="run1")["error"]


def test_the_changes_of_each_night_are_counted(site: Site) -> None:
    runs = site.ask("changes")["runs"]
    assert [run["run_id"] for run in runs] == ["run3", "run2", "run1"]
    counted = {(one["table"], one["change"]): one["rows"] for one in runs[1]["changes"]}
    assert counted == {("genome", "added"): 1, ("genome", "changed"): 1, ("genome", "removed"): 1}


def test_what_records_hold_is_told_as_it_is(site: Site) -> None:
    page = site.ask("rows", table="gene", columns=["symbol", "synonyms", "gene_id"], sort="gene_id")
    assert page["rows"] == [[HOSTILE, '["a","b"]', "1"], [None, None, "2"]]
    assert page["keys"] == ["1", "2"]


@pytest.mark.parametrize("title", EXAMPLES)
def test_every_example_works(site: Site, title: str) -> None:
    told = site.sql(EXAMPLES[title])
    assert "error" not in told
    assert told["columns"]


def test_sql_shows_the_first_rows_and_says_so(site: Site) -> None:
    told = site.sql("SELECT accession, accession FROM genome")
    assert (len(told["rows"]), told["more"]) == (200, True)
    assert [column["name"] for column in told["columns"]] == ["accession", "accession_1"]
    large = site.sql("SELECT 9223372036854775807::HUGEINT * 10 AS n")
    assert large["rows"] == [["92233720368547758070"]]
    assert site.sql("SELECT 'nan'::DOUBLE AS n, NULL AS m")["rows"] == [["nan", None]]


def test_views_of_the_lake_are_looked_at_just_so(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.run("genome", [genome(number) for number in range(100)])
    place.build("views")
    with served(place.file) as site:
        page = site.ask("rows", table="genome", sort="accession", descending=True, limit=2)
        assert page["keys"] == [genome(99)["accession"], genome(98)["accession"]]
        assert site.ask("table", table="genome")["rows"] == 100
        assert "error" in site.sql(f"FROM read_text('{place.lake.path('manifest.json')}')")
