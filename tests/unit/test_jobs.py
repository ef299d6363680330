"""The jobs that come along, and every job, message and table that docs/jobs.md shows."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from harvester.catalogue import NOT_YOURS, RESOURCES
from harvester.errors import SpecError
from harvester.plan import plan_chains
from harvester.spec import load_job

REPOSITORY = Path(__file__).parents[2]
JOBS = sorted((REPOSITORY / "jobs").glob("*.yaml"))
DOCS = (REPOSITORY / "docs" / "jobs.md").read_text(encoding="utf-8")

BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL)
YAML = [body for language, body in BLOCKS if language == "yaml"]
WRONG = re.compile(r"# (\S+\.yaml)\n")
LISTS = {
    match[1]: body
    for language, body in BLOCKS
    if language == "text" and (match := re.match(r"# (\S+\.txt)", body))
}


def _stem(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", JOBS, ids=_stem)
def test_each_job_is_fine_and_is_named_as_its_file(path: Path) -> None:
    assert load_job(path).name == path.stem


@pytest.mark.parametrize("path", JOBS, ids=_stem)
def test_each_job_leads_editors_to_the_schema(path: Path) -> None:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first == "# yaml-language-server: $schema=../schemas/job.schema.json"
    assert (path.parent / "../schemas/job.schema.json").is_file()


@pytest.mark.parametrize("path", JOBS, ids=_stem)
def test_each_job_but_the_tour_has_a_time_of_its_own(path: Path) -> None:
    schedule = load_job(path).schedule
    others = {load_job(other).schedule for other in JOBS if other != path}
    assert (schedule is None) == (path.stem == "quickstart")
    assert schedule not in others


@pytest.mark.parametrize("path", JOBS, ids=_stem)
def test_each_job_starts_with_few_page_chains(path: Path) -> None:
    assert len(plan_chains(load_job(path).queries)) <= 20


def test_the_quickstart_shows_every_resource() -> None:
    queries = load_job(REPOSITORY / "jobs" / "quickstart.yaml").queries
    assert {query.resource for query in queries} == set(RESOURCES)


@pytest.mark.parametrize("body", [body for body in YAML if not WRONG.match(body)])
def test_each_documented_job_is_fine(body: str, tmp_path: Path) -> None:
    for name, lines in LISTS.items():
        (tmp_path / name).write_text(lines, encoding="utf-8")
    job = tmp_path / "job.yaml"
    job.write_text(body, encoding="utf-8")
    assert load_job(job).queries


@pytest.mark.parametrize(
    ("body", "told"),
    [(body, told) for (_, body), (_, told) in pairwise(BLOCKS) if WRONG.match(body)],
)
def test_each_documented_fault_is_told_in_these_words(body: str, told: str, tmp_path: Path) -> None:
    match = WRONG.match(body)
    assert match is not None
    job = tmp_path / match[1]
    job.write_text(body, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_job(job)
    assert str(caught.value).replace(f"{tmp_path}/", "") + "\n" == told


def test_what_is_not_for_a_job_to_set_is_documented() -> None:
    assert all(f"`{name}`" in DOCS for name in NOT_YOURS)
