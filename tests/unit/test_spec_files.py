"""Lists of identifiers in files beside the job."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harvester.spec import load_job
from tests.unit.jobfiles import faults_of, load, query_of, wrap, write

JOB = wrap("resource: gene, ids_file: ids.txt")


@pytest.mark.parametrize(
    "content",
    [
        "672\n7157\n",
        "672\n7157",
        "\ufeff672\r\n7157\r\n",
        "# a comment\n\n  672   # BRCA1\n\t7157#\n".replace("#\n", " #\n"),
        "672\n672\n7157\n672\n",
    ],
)
def test_one_value_a_line(content: str, tmp_path: Path) -> None:
    write(tmp_path, content, "ids.txt")
    assert load(tmp_path, JOB).queries[0].values == ("672", "7157")


@pytest.mark.parametrize(
    ("query", "content", "values"),
    [
        ("resource: genome, accessions_file: l/x", "GCF_1.1", ("GCF_1.1",)),
        ("resource: genome, taxa_file: l/x", "Homo sapiens\n562", ("Homo sapiens", "562")),
        ("resource: gene, taxon: human, symbols_file: l/x", "BRCA1\nNO", ("BRCA1", "NO")),
        ("resource: gene, ids_file: l/x", "672", ("672",)),
    ],
)
def test_every_selector_may_come_from_a_file(
    query: str, content: str, values: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "l").mkdir()
    write(tmp_path / "l", content, "x")
    assert query_of(tmp_path, query).values == values


def test_a_file_lies_beside_the_job_and_not_where_the_program_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jobs").mkdir()
    write(tmp_path / "jobs", "672", "ids.txt")
    write(tmp_path / "jobs", JOB)
    monkeypatch.chdir(tmp_path)
    assert load_job("jobs/job.yaml").queries[0].values == ("672",)


def test_a_path_may_be_absolute(tmp_path: Path) -> None:
    path = write(tmp_path, "672", "ids.txt")
    assert query_of(tmp_path, f"resource: gene, ids_file: {path}").values == ("672",)


def test_wrong_lines_are_named_with_their_place(tmp_path: Path) -> None:
    write(tmp_path, "# list\n672\n  BRCA1\n7157,3105\n", "ids.txt")
    assert faults_of(tmp_path, JOB) == [
        "ids.txt:3:3: 'BRCA1' is not a whole number, as gene ids are",
        "ids.txt:4:1: '7157,3105' is not a whole number, as gene ids are",
    ]


def test_faults_of_the_job_come_before_those_of_its_lists(tmp_path: Path) -> None:
    write(tmp_path, "x\n", "ids.txt")
    told = faults_of(tmp_path, JOB + "lak: x\n")
    assert [fault.split(":")[0] for fault in told] == ["job.yaml", "ids.txt"]


def test_a_file_that_is_wrong_throughout_does_not_flood(tmp_path: Path) -> None:
    write(tmp_path, "x\n" * 1000, "ids.txt")
    told = faults_of(tmp_path, JOB)
    assert len(told) == 21
    assert told[0] == "ids.txt: 980 more lines of this file are wrong"


@pytest.mark.parametrize("content", ["", "\n\n", "# nothing\n"])
def test_an_empty_file(content: str, tmp_path: Path) -> None:
    write(tmp_path, content, "ids.txt")
    assert faults_of(tmp_path, JOB) == ["ids.txt: the file names nothing (one value a line)"]


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    write(tmp_path, b"672\n71\xff57\n", "ids.txt")
    assert faults_of(tmp_path, JOB) == ["ids.txt:2:3: not a text file in UTF-8"]


def test_a_folder_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").mkdir()
    assert faults_of(tmp_path, JOB) == ["job.yaml:3:32: ids.txt: is a folder, not a file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    write(tmp_path, "672", "ids.txt").chmod(0)
    assert faults_of(tmp_path, JOB) == ["job.yaml:3:32: ids.txt: cannot be read: Permission denied"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("[x]", "'ids_file' must be text, not a list"),
        ("", "'ids_file' is empty (give it a value or leave it out)"),
        ('"a\\0b"', "'ids_file' holds a control character"),
        (f"{'x' * 5000}", "cannot be read: File name too long"),
    ],
)
def test_what_is_no_file_name(written: str, told: str, tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, wrap(f"resource: gene, ids_file: {written}"))
    assert fault.endswith(told)


def test_many_identifiers_load_quickly_from_a_file(tmp_path: Path) -> None:
    write(tmp_path, "\n".join(map(str, range(1, 100_001))), "ids.txt")
    assert len(load(tmp_path, JOB).queries[0].values) == 100_000
