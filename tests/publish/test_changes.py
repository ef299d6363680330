"""What runs changed, as `harvester changes` tells it: to people, to a chat, to programs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harvester.catalogue import RESOURCES
from harvester.cli.changes import changes
from harvester.schema import Field, load_schema
from tests.publish.place import Place, Row

APE = {"organism": {"organism_name": "Pan *paniscus*|x"}}
FLY = {"organism": {"organism_name": "Musca domestica"}}


@pytest.fixture(scope="module", params=["tables", "views"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Three nights: 30 rows come; one changes, one goes, a gene comes; the one returns."""
    place = Place(tmp_path_factory.mktemp("built"))
    rows: list[Row] = [{"accession": f"GCA_{number:02}.1", **FLY} for number in range(30)]
    place.run("genome", rows)
    night = place.begin()
    changed = {**rows[1], **APE, "submitter": "us"}
    staged = place.stage(night, "genome", [*rows[2:], changed])
    genes = place.stage(night, "gene", [{"gene_id": 7, "symbol": "TP53"}])
    place.commit(
        night,
        place.merge(night, "genome", staged, removed=[{"accession": "GCA_00.1"}]),
        place.merge(night, "gene", genes),
    )
    place.run("genome", [*rows[2:], changed, rows[0]])
    place.build(request.param)
    return place


def _ask(place: Place, *words: str) -> Result:
    return CliRunner().invoke(changes, [*words, "--database", str(place.file)])


def _said(place: Place, *words: str) -> str:
    told = _ask(place, *words)
    assert told.exception is None, told.output
    return told.stdout


def _rows(place: Place, *words: str) -> list[Any]:
    return [json.loads(line) for line in _said(place, *words, "--format", "jsonl").splitlines()]


def test_the_last_run_is_told_unless_another_is_named(built: Place) -> None:
    (row,) = _rows(built)
    assert row == {
        "run_id": "run3",
        "table_name": "genome",
        "key": "GCA_00.1",
        "name": "Musca domestica",
        "change": "returned",
        "columns": None,
    }
    assert len(_rows(built, "--run", "run1")) == 30


def test_all_kinds_are_told_with_names_also_of_what_is_gone(built: Place) -> None:
    found = {row["change"]: row for row in _rows(built, "--run", "run2", "genome")}
    assert found.keys() == {"removed", "changed"}
    assert found["removed"]["name"] == "Musca domestica"
    assert found["changed"]["name"] == APE["organism"]["organism_name"]
    assert sorted(found["changed"]["columns"]) == ["organism", "submitter"]
    (gene,) = _rows(built, "--run", "run2", "gene")
    assert (gene["key"], gene["name"], gene["change"]) == ("7", "TP53", "added")


@pytest.mark.parametrize(
    ("since", "runs"),
    [
        ("run1", {"run2", "run3"}),
        ("run3", set()),
        ("2026-01-03", {"run2", "run3"}),
        ("2026-01-04T01:00:00+01:00", {"run3"}),
        ("2026-01-04T00:00:01Z", set()),
        ("999999h", {"run1", "run2", "run3"}),
        ("1h", set()),
    ],
)
def test_runs_since_a_moment_or_a_run(since: str, runs: set[str], built: Place) -> None:
    document = json.loads(_said(built, "--since", since, "--format", "json"))
    assert {run["run_id"] for run in document["runs"]} == runs
    assert {row["run_id"] for row in document["changes"]} == runs


def test_json_is_complete_and_adds_up(built: Place) -> None:
    document = json.loads(_said(built, "--since", "2026-01-01", "--format", "json"))
    assert document["summary"] == {
        "genome": {"added": 30, "changed": 1, "removed": 1, "returned": 1},
        "gene": {"added": 1, "changed": 0, "removed": 0, "returned": 0},
    }
    assert (len(document["changes"]), document["left_out"]) == (34, 0)
    some = json.loads(_said(built, "--run", "run1", "--format", "json", "--limit", "4"))
    assert (len(some["changes"]), some["left_out"]) == (4, 26)


def test_csv_has_all_rows(built: Place) -> None:
    rows = list(csv.DictReader(io.StringIO(_said(built, "--run", "run1", "--format", "csv"))))
    assert {row["key"] for row in rows} == {f"GCA_{number:02}.1" for number in range(30)}


def test_people_see_the_rare_first_and_how_many_more_there_are(built: Place) -> None:
    text = _said(built, "--since", "2026-01-01", "--limit", "5")
    assert "3 runs from 2026-01-02 00:00 to 2026-01-04 00:00 UTC" in text
    for word in ("removed", "returned", "changed", "added", "TP53"):
        assert word in text.partition("table_name")[2]
    assert text.endswith("and 29 more rows: see --limit N or --all\n")
    assert "more rows" in _said(built, "--run", "run1")
    everything = _said(built, "--run", "run1", "--all")
    assert "more rows" not in everything
    assert everything.count("GCA_") == 30


def test_a_digest_is_markdown_that_names_cannot_break(built: Place) -> None:
    text = _said(built, "--run", "run2", "--format", "markdown")
    assert text.startswith(
        "### test: 1 added, 1 changed, 1 removed\n\nrun run2 of test, 2026-01-03"
    )
    assert "| genome | 0 | 1 | 1 | 0 |" in text
    assert r"| genome | changed | `GCA_01.1` | Pan \*paniscus\*\|x | submitter, organism |" in text
    cut = _said(built, "--run", "run1", "--format", "markdown", "--limit", "3")
    assert cut.endswith("… and 27 more.\n")


def test_a_run_that_is_not_whole_says_so_and_one_without_changes_too(place: Place) -> None:
    place.run("genome", [{"accession": "GCA_1.1"}])
    place.status = "partial"
    place.run("genome", [{"accession": "GCA_1.1"}])
    place.build()
    assert "the run run2 was partial" in _said(place)
    assert "**the run run2 was partial" in _said(place, "--format", "markdown")
    assert "nothing was added, changed, removed or returned" in _said(place)
    assert _said(place, "--format", "markdown").startswith("### test: no changes")
    assert json.loads(_said(place, "--format", "json"))["changes"] == []
    assert "no run since then" in _said(place, "--since", "run2")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["genom"], "there is no table 'genom': did you mean genome?"),
        (["--run", "run9"], "there is no published run 'run9': did you mean run"),
        (["--run", "x"], "there is no published run 'x': there are run1, run2, run3"),
        (["--since", "yesterday"], "there is no published run and no moment 'yesterday'"),
        (["--run", "run1", "--since", "run1"], "give --run or --since, not both"),
        (["--all", "--limit", "3"], "give --limit or --all, not both"),
    ],
)
def test_what_cannot_be_told_is_one_sentence(words: list[str], said: str, built: Place) -> None:
    told = _ask(built, *words)
    assert said in str(told.exception) + told.stderr
    assert told.stdout == ""


def test_no_database_is_what_other_commands_say(tmp_path: Path) -> None:
    assert "there is no database" in str(_ask(Place(tmp_path)).exception)


@pytest.mark.parametrize("table", [name for name, one in RESOURCES.items() if one.called])
def test_what_rows_are_called_is_a_column_of_text(table: str) -> None:
    fields: tuple[Field, ...] = load_schema(table).fields
    for step in RESOURCES[table].called:
        (field,) = (one for one in fields if one.name == step)
        assert not field.many
        fields = field.fields
    assert field.kind == "string"
