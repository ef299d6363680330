"""What is told of columns, held against the values that are in them."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from harvester.cli.profile import profile
from harvester.cli.tables import tables
from harvester.errors import SpecError
from harvester.look import Column, database_tables, fills, histogram, leaves_of, sample_of
from harvester.look import profile as profile_of
from harvester.look.catalog import Form
from harvester.publish import build_database
from tests.publish.place import Place

ROWS = 5000


def _genome(number: int) -> dict[str, Any]:
    return {
        "accession": f"GCF_{number:09d}.1",
        "organism": {"organism_name": f"Species {number % 100}", "tax_id": number % 3},
        "assembly_info": {"release_date": date(2020, 1, 1 + number % 28)},
        "assembly_stats": {"contig_n50": number},
        "type_material": {"type_label": "\x1b[31mtype"} if number % 10 == 0 else None,
    }


def _gene(number: int) -> dict[str, Any]:
    span = {"genomic_range": {"begin": number * 10, "end": number * 10 + 5}}
    place = {"assembly_accession": "GCF_1.1", "genomic_locations": [span, {}]}
    return {"gene_id": number, "synonyms": ["a"] * number, "annotations": [place] if number else []}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("looked"))
    place.run("genome", [_genome(number) for number in range(ROWS)])
    place.run("gene", [_gene(number) for number in range(4)])
    place.build()
    return place


@pytest.fixture(scope="module", params=["tables", "views"])
def either(request: pytest.FixtureRequest, lake: Place) -> Path:
    """The database, with its rows or with views of the lake's files."""
    if request.param == "tables":
        return lake.file
    file = lake.file.with_name("views.duckdb")
    build_database(lake.lake, lake.manifest, file, register="views")
    return file


def _profile(lake: Place, *words: str) -> Result:
    return CliRunner().invoke(profile, [*words, "--database", str(lake.file)])


def _columns(file: Path, *words: str) -> dict[str, dict[str, Any]]:
    told = CliRunner().invoke(profile, [*words, "--format", "json", "--database", str(file)])
    assert told.exception is None
    return {one["column"]: one for one in json.loads(told.stdout)}


def test_figures_are_those_of_the_values(either: Path) -> None:
    told = _columns(either, "genome")
    n50 = told["assembly_stats_contig_n50"]
    assert (n50["rows"], n50["filled"], n50["min"], n50["max"]) == (ROWS, ROWS, "0", str(ROWS - 1))
    assert n50["mean"] == pytest.approx((ROWS - 1) / 2)
    assert n50["distinct"] == pytest.approx(ROWS, rel=0.1)
    assert int(n50["q50"]) == pytest.approx(ROWS / 2, rel=0.02)
    assert int(n50["q05"]) == pytest.approx(ROWS * 0.05, rel=0.1)
    assert sum(n50["histogram"]["rows"]) == ROWS
    assert max(n50["histogram"]["rows"]) - min(n50["histogram"]["rows"][:-1]) <= 1
    assert n50["top"] == []
    assert told["type_material_type_label"]["filled"] == ROWS // 10
    assert told["paired_accession"]["filled"] == 0
    taxa = {one["value"]: one["rows"] for one in told["organism_tax_id"]["top"]}
    assert taxa == {str(one): len(range(one, ROWS, 3)) for one in range(3)}
    assert told["assembly_info_release_date"]["max"] == "2020-01-28"
    assert len(told["assembly_info_release_date"]["histogram"]["rows"]) == 28


def test_of_lists_the_lengths_are_told(lake: Place) -> None:
    synonyms = _columns(lake.file, "gene", "synonyms")["synonyms"]
    assert (synonyms["filled"], synonyms["min"], synonyms["max"]) == (3, "0", "3")
    assert synonyms["mean"] == 1.5
    assert synonyms["histogram"]["rows"] == [1, 1, 1, 1]


def test_a_sample_is_told_to_be_one(lake: Place) -> None:
    told = _profile(lake, "genome", "assembly_stats_contig_n50", "--sample", "2000")
    assert "of 5,000 rows" in told.stdout.splitlines()[0]
    assert "all" not in told.stdout.splitlines()[0]
    told = _profile(lake, "genome", "assembly_stats_contig_n50", "--sample", "9000")
    assert told.stdout.splitlines()[0] == "genome, by all 5,000 rows"


def test_people_see_bars_and_nothing_that_paints(lake: Place) -> None:
    told = _profile(lake, "genome").stdout
    assert "█" in told
    assert "no value in these rows: current_accession" in told
    assert "\x1b" not in told
    card = _profile(lake, "genome", "type_material_type_label").stdout
    assert r"500 x \x1b[31mtype" in card
    assert "\x1b" not in card


def test_a_column_alone_is_told_with_its_meaning(lake: Place) -> None:
    told = _profile(lake, "genome", "assembly_stats_contig_n50").stdout
    assert "Length in bases" in told
    assert "filled    100%, 5,000 of 5,000 rows" in told
    assert "quantiles 5 %: " in told


def test_csv_has_a_line_a_column(lake: Place) -> None:
    told = _profile(lake, "meta.runs", "--format", "csv")
    rows = {row["column"]: row for row in csv.DictReader(io.StringIO(told.stdout))}
    assert rows["run_id"]["filled"] == "2"
    assert json.loads(rows["job"]["top"]) == [{"value": "test", "rows": 2}]


def test_a_table_without_rows_has_a_profile(lake: Place) -> None:
    assert all(one["filled"] == 0 for one in _columns(lake.file, "virus").values())
    assert "virus, by all 0 rows" in _profile(lake, "virus").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["genom"], "there is no table 'genom': did you mean genome?"),
        (["genome", "contig_n50"], "there is no column of genome 'contig_n50'"),
        (["genome", "acession"], "did you mean accession?"),
    ],
)
def test_what_is_not_there_is_one_sentence(lake: Place, words: list[str], said: str) -> None:
    assert said in str(_profile(lake, *words).exception)


def test_no_database_is_one_sentence(tmp_path: Path) -> None:
    told = _profile(Place(tmp_path), "genome")
    assert isinstance(told.exception, SpecError)
    assert "there is no database" in str(told.exception)


def _tables(lake: Place, *words: str) -> Result:
    return CliRunner().invoke(tables, [*words, "--database", str(lake.file)])


def test_columns_are_listed_with_fill_and_example_down_to_lists_in_lists(lake: Place) -> None:
    listed = json.loads(_tables(lake, "gene", "--format", "json").stdout)
    told = {one["column"]: one for one in listed}
    assert list(listed[0]) == ["column", "type", "meaning", "filled", "example"]
    assert told["gene_id"]["filled"] == 1
    assert told["synonyms[]"] | {"meaning": ""} == {
        "column": "synonyms[]", "type": "VARCHAR[]", "meaning": "", "filled": 0.75, "example": "a",
    }  # fmt: skip
    begin = told["annotations[].genomic_locations[].genomic_range.begin"]
    assert begin["filled"] == 0.75
    assert begin["example"] in ("10", "20", "30")
    assert told["symbol"]["filled"] == 0
    assert told["symbol"]["example"] is None


def test_people_are_told_of_how_many_rows(lake: Place) -> None:
    told = _tables(lake, "genome").stdout
    assert told.splitlines()[-1] == "filled and example: by all 5,000 rows"
    assert "10.0%" in told
    assert "\x1b" not in told


def test_without_a_database_the_documentation_is_told_alone(tmp_path: Path) -> None:
    place = Place(tmp_path)
    told = json.loads(_tables(place, "genome", "--format", "json").stdout)
    assert all(one["meaning"] and one["filled"] is None for one in told)
    assert "filled and example" not in _tables(place, "genome").stdout
    assert "rows" in _tables(place).stdout


def test_all_tables_have_their_rows(lake: Place) -> None:
    listed = json.loads(_tables(lake, "--format", "json").stdout)
    rows = {one["table"]: one["rows"] for one in listed}
    assert (rows["genome"], rows["gene"], rows["meta.runs"]) == (ROWS, 4, 2)
    assert rows["meta.changes"] == ROWS + 4


def test_a_sample_speaks_for_all(either: Path) -> None:
    with duckdb.connect(str(either), read_only=True) as connection:
        table = database_tables(connection)["genome"]
        leaves = list(leaves_of(table.fields))
        for most in (None, 2048):
            measured = fills(connection, sample_of(connection, table, most), leaves)
            told = dict(zip((leaf.name for leaf in leaves), measured, strict=True))
            assert told["accession"].share == 1
            assert told["type_material.type_label"].share == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize(
    ("kind", "values", "edges", "rows"),
    [
        ("BIGINT", "(1), (1), (3)", ("1", "2", "3", "4"), (2, 0, 1)),
        ("BIGINT", "(7)", ("7", "8"), (1,)),
        ("DOUBLE", "('nan'), ('inf'), ('0.5'), (NULL)", ("0.5", "1.5"), (1,)),
        ("DATE", "('2024-02-28'), ('2024-03-01')", ("2024-02-28", "2024-03-02"), (1, 0, 1)),
        ("DATE", "('0001-01-01'), ('9999-12-31')", ("0001-01-01", "year 10000"), None),
        ("DATE", "('infinity'), (NULL)", None, None),
        ("TIMESTAMP", "('2024-01-01 10:00')", ("2024-01-01 10:00",) * 2, (1,)),
    ],
)  # fmt: skip
def test_odd_values_have_a_spread_too(
    kind: str, values: str, edges: tuple[str, ...] | None, rows: tuple[int, ...] | None
) -> None:
    form: Form = "number" if kind in ("BIGINT", "DOUBLE") else "moment"
    column = Column("x", kind, form, "", "x")
    source = f"(SELECT CAST(x AS {kind}) AS x FROM (VALUES {values}) AS v(x))"
    with duckdb.connect() as connection:
        found = histogram(connection, column, source)
        (told,) = profile_of(connection, [column], source)
    assert told.histogram == found
    if edges is None or found is None:
        assert edges is None
        assert found is None
        return
    assert (found.edges[0], found.edges[-1]) == (edges[0], edges[-1])
    assert rows is None or found.rows == rows
