"""What a program may hand over as a job, and what it hears when something is wrong with it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

import harvester
from tests.api.jobs import JOB, TEXT


def test_a_file_a_mapping_and_a_job_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "panel.yaml"
    path.write_text(TEXT)
    of_file = harvester.load_job(path)
    of_mapping = harvester.load_job(JOB)
    assert of_file.queries == of_mapping.queries
    assert harvester.load_job(str(path)) == of_file
    assert harvester.load_job(of_mapping) is of_mapping


def test_values_of_python_are_taken_for_what_yaml_would_write(tmp_path: Path) -> None:
    job = harvester.load_job(
        {
            "name": "p",
            "lake": tmp_path / "lake",
            "patience": "4h",
            "limits": {"requests_per_second": 2.5, "concurrency": 4},
            "harvest": (
                {
                    "resource": "genome",
                    "taxa": ("9606", 562),
                    "filters": {
                        "reference_only": True,
                        "first_release_date": dt.date(2020, 1, 31),
                    },
                },
            ),
        }
    )
    assert job.lake == str(tmp_path / "lake")
    assert (job.patience, job.limits.requests_per_second, job.limits.concurrency) == (14400, 2.5, 4)
    assert job.queries[0].values == ("9606", "562")
    assert dict(job.queries[0].filters) == {
        "reference_only": True,
        "first_release_date": "2020-01-31",
    }


def _job(**query: Any) -> dict[str, Any]:
    return {"name": "p", "harvest": [{"resource": "gene", "ids": [672]}, query]}


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ({}, "the job has no 'name' (such as name: my-job)\nthe job has no 'harvest'"),
        ({"name": "p", "harvst": []}, "harvst: unknown key 'harvst' (did you mean 'harvest'?)"),
        (_job(resource="gen", ids=[1]), "harvest[1].resource: 'resource' cannot be 'gen' (did"),
        (_job(resource="gene", ids={1}), "harvest[1].ids: a job holds no set (list(…) makes"),
        (_job(resource="gene", ids=[1, "x"]), "harvest[1].ids[1]: 'x' in 'ids' is not a whole"),
        (_job(resource="gene", ids=[672]), "harvest[1]: this query is in the job already (as har"),
        (_job(resource="gene", ids=[None]), "harvest[1].ids[0]: an item of 'ids' is empty"),
        (_job(resource="gene", ids_file="no.txt"), "harvest[1].ids_file: no.txt: there is no such"),
        ({"name": "p", "harvest": "x", 3: 4}, "a key must be a name, not '3'"),
    ],
)
def test_all_that_is_wrong_is_told_by_its_place(job: dict[str, Any], said: str) -> None:
    with pytest.raises(harvester.SpecError) as caught:
        harvester.load_job(job)
    assert str(caught.value).startswith(said)


def test_a_job_that_holds_itself_is_no_job() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(harvester.SpecError, match="not a job: too deep"):
        harvester.load_job({"name": "p", "harvest": endless})


def test_a_job_without_a_file_is_wrong_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(harvester.SpecError, match="there is no such file"):
        harvester.run(tmp_path / "nowhere.yaml", base_url="http://127.0.0.1:9")
