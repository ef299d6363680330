"""Files that are no YAML, no job, or traps: each is one clear fault and nothing is executed."""

from __future__ import annotations

from pathlib import Path

import pytest

from harvester.errors import SpecError
from harvester.spec import load_job
from tests.unit.jobfiles import faults_of, load, wrap, write


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ": the file is empty"),
        ("# only a comment\n", ": the file is empty"),
        ("--- null\n", ":1:5: a job is empty (give it a value or leave it out)"),
        ("just text\n", ":1:1: a job must be a mapping, not the text 'just text'"),
        ("- a\n- b\n", ":1:1: a job must be a mapping, not a list"),
        ("a: [1, 2\nb: 3\n", ":2:2: not valid YAML: expected ',' or ']', but got ':'"),
        (
            "a: b: c\n",
            (
                ":1:5: not valid YAML: mapping values are not allowed here "
                "(check the indentation, or quote a text that holds a colon)"
            ),
        ),
        (
            "a:\n\tb: c\n",
            (
                ":2:1: not valid YAML: found character '\\t' that cannot start any token "
                "(indent with blanks, not with tabs)"
            ),
        ),
        (
            "a: *nowhere\n",
            (
                ":1:4: not valid YAML: found undefined alias 'nowhere' "
                "(a text that starts with * must be quoted)"
            ),
        ),
        (
            "a: 1\n---\nb: 2\n",
            ":2:1: not valid YAML: but found another document (one job a file)",
        ),
        ("a: \x00\n", ":1:4: not valid YAML: special characters are not allowed"),
        ("name: x\nb: '\x07'\n", ":2:5: not valid YAML: special characters are not allowed"),
        ("[" * 5000, ": not a job: nested too deeply"),
        ('"\\UFFFFFFFF"', ": not valid YAML: "),
        (f"%YAML {'9' * 5000}.1\n--- a\n", ": not valid YAML: "),
    ],
)
def test_what_is_no_job_at_all(text: str, told: str, tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, text)
    assert fault.startswith(f"job.yaml{told}")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    assert faults_of(tmp_path, b"name: x\nharvest: \xff\xfe\n") == [
        "job.yaml:2:10: not a text file in UTF-8"
    ]


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "#" * (4 * 2**20 + 1)) == ["job.yaml: is larger than 4 MB"]


def test_a_job_that_is_not_there(tmp_path: Path) -> None:
    write(tmp_path, "", "primates.yaml")
    with pytest.raises(SpecError) as caught:
        load_job(tmp_path / "primate.yaml")
    (fault,) = caught.value.faults
    assert fault.file == str(tmp_path / "primate.yaml")
    assert (fault.message, fault.hint) == (
        "there is no such file",
        "did you mean 'primates.yaml'?",
    )


def test_a_folder_is_no_job(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="is a folder"):
        load_job(tmp_path)


@pytest.mark.parametrize(
    "value",
    [
        "!!python/object/apply:os.system ['touch {}']",
        "!!python/name:os.system ''",
        "!!binary aGk=",
        "!!set {a, b}",
        "!mine [1]",
        "!mine x",
    ],
)
def test_tags_mean_nothing_and_do_nothing(value: str, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    text = wrap(f"resource: gene, ids: {value}").replace("{}", str(touched))
    (fault,) = faults_of(tmp_path, text)
    assert fault.startswith("job.yaml:3:27: the YAML tag '!")
    assert fault.endswith("has no meaning here")
    assert not touched.exists()


def test_tags_of_yaml_itself_are_understood(tmp_path: Path) -> None:
    job = load(tmp_path, wrap("resource: taxonomy, taxa: !!seq [!!str 9606, !!int 562]"))
    assert job.queries[0].values == ("9606", "562")


@pytest.mark.parametrize("value", ["!!bool maybe", "!!int x", "!!float x", "!!null x"])
def test_tags_that_lie_are_wrong_types(value: str, tmp_path: Path) -> None:
    text = wrap(f"resource: virus, taxa: [1], filters: {{complete_only: {value}}}")
    (fault,) = faults_of(tmp_path, text)
    assert fault.startswith("job.yaml:3:59: 'complete_only' ")


def test_aliases_that_grow_without_end_are_refused(tmp_path: Path) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for old, new in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]")
    (fault,) = faults_of(tmp_path, "\n".join(lines))
    assert "not a job: too deep or too large" in fault


def test_an_alias_that_holds_itself_is_refused(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, "name: x\nharvest: &h [*h]\n")
    assert "not a job: too deep or too large" in fault


def test_a_fault_told_once_brings_no_others(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "name: !x y\nharvest: !x [1]\nlimits: !x {a: 1}\n") == [
        "job.yaml:1:7: the YAML tag '!x' has no meaning here",
        "job.yaml:2:10: the YAML tag '!x' has no meaning here",
        "job.yaml:3:9: the YAML tag '!x' has no meaning here",
    ]
