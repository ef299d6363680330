"""The examples for orchestrators: their functions always, the rest where the orchestrator is."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import harvester
from harvester.sandbox import SandboxConfig, Served, serve_in_thread

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
