"""The examples for orchestrators: their functions always, the rest where the orchestrator is."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import harvester
from harvester.sandbox import SandboxConfig, Served, serve_in_thread
from harvester.store.lake import Lake
from harvester.store.lock import hold

EXAMPLES = Path(__file__).parents[2] / "docs/examples"
ORCHESTRATED = ["airflow_dag", "dagster_assets", "prefect_flow"]
JOB = """\
name: night
harvest:
  - resource: gene
    ids: [672, 7157]
"""


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """The place where an orchestrator's worker stands, with the examples to be imported."""
    (tmp_path / "night.yaml").write_text(JOB)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.setenv("NIGHTLY_JOBS", "night.yaml")
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as server:
        monkeypatch.setenv("HARVESTER_BASE_URL", server.url)
        yield server
    for name in ("nightly", *ORCHESTRATED):
        sys.modules.pop(name, None)


def _example(name: str) -> Any:
    return importlib.import_module(name)


def test_the_plain_functions_do_all_the_work(served: Served) -> None:
    nightly = _example("nightly")
    assert nightly.JOBS == ["night.yaml"]
    found = nightly.harvest("night.yaml")
    assert found["tables"]["gene"]["rows"] == 2
    served.faults.set("gene/400")
    with pytest.raises(harvester.RunError) as caught:
        nightly.harvest("night.yaml")
    assert not nightly.may_pass(caught.value)
    assert nightly.may_pass(harvester.LakeLocked("held"))


@pytest.mark.parametrize("name", ORCHESTRATED)
def test_an_example_takes_from_the_plain_one_what_is_there(name: str, served: Served) -> None:
    del served
    tree = ast.parse((EXAMPLES / f"{name}.py").read_text(encoding="utf-8"))
    taken = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "nightly"
        for alias in node.names
    }
    assert {"harvest", "may_pass"} <= taken
    assert taken <= set(dir(_example("nightly")))


# With the orchestrators themselves, which the test environment has not: `pip install prefect`, or
# dagster, or apache-airflow beside it, and these run. Their own warnings are none of ours.


def _needs(package: str) -> None:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")


@pytest.mark.filterwarnings("default")
def test_the_flow_runs_in_prefect(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _needs("prefect")
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    example = _example("prefect_flow")
    with importlib.import_module("prefect.testing.utilities").prefect_test_harness():
        (found,) = example.ncbi(["night.yaml"])
        assert found["tables"]["gene"]["rows"] == 2
        served.faults.set("gene/400")
        before = served.stats.by_status[400]
        with pytest.raises(harvester.NothingHarvested):
            example.ncbi(["night.yaml"])
    assert served.stats.by_status[400] == before + 3  # the list and its halves, no second try


@pytest.mark.filterwarnings("default")
def test_the_asset_is_made_in_dagster(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _needs("dagster")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
    dagster, example = importlib.import_module("dagster"), _example("dagster_assets")
    made = dagster.materialize([example.ncbi])
    (event,) = made.asset_materializations_for_node("ncbi")
    assert event.metadata["gene rows"].value == 2
    assert example.defs.resolve_schedule_def("nightly_schedule").cron_schedule == "0 2 * * *"
    assert example.defs.resolve_job_def("nightly").execute_in_process().success
    with hold(Lake(str(tmp_path / "data/lake")), "other"), pytest.raises(dagster.RetryRequested):
        example.ncbi(example.Nightly())
    served.faults.set("gene/400")
    failed = dagster.materialize([example.ncbi], raise_on_error=False)
    ends = [event.event_type_value for event in failed.all_events]
    assert "STEP_FAILURE" in ends
    assert "STEP_UP_FOR_RETRY" not in ends


@pytest.mark.filterwarnings("default")
def test_the_tasks_run_in_airflow(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _needs("airflow")
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "airflow"))
    monkeypatch.setenv("AIRFLOW__CORE__DAGS_FOLDER", str(EXAMPLES))
    monkeypatch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
    migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
    subprocess.run(migrate, check=True, capture_output=True)
    example = _example("airflow_dag")

    assert _states(example) == ["success"]
    lock = Lake(str(tmp_path / "data/lake"))
    with hold(lock, "other"), pytest.raises(harvester.LakeLocked):  # what Airflow retries
        example.harvest_job.function("night.yaml")
    served.faults.set("gene/400")
    assert _states(example) == ["failed"]


def _states(example: Any) -> list[str]:
    """What became of the tasks of a run; Airflow itself waits for those that are retried."""
    return [str(task.state) for task in example.ncbi().test().get_task_instances()]
