"""`import harvester`: the names that stay, found when they are asked for, and nothing else."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import harvester
import harvester.plan as whatever_python_makes_of_it
from harvester.plan import plan_chains

ROOT = Path(__file__).parents[2]
FRONT = ast.parse((ROOT / "harvester/__init__.py").read_text(encoding="utf-8"))


def _for_type_checkers() -> set[str]:
    blocks = (node for node in FRONT.body if isinstance(node, ast.If))
    (block,) = (node for node in blocks if ast.unparse(node.test) == "TYPE_CHECKING")
    return {
        alias.name
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@pytest.mark.parametrize("name", harvester.__all__)
def test_each_name_is_there_and_documented(name: str) -> None:
    found = getattr(harvester, name)
    assert name == "__version__" or found.__doc__
    page = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    assert re.search(rf"`{name}`", page)


def test_type_checkers_see_the_same_names() -> None:
    assert _for_type_checkers() | {"__version__"} == set(harvester.__all__)
    assert set(harvester.__all__) <= set(dir(harvester))


def test_the_function_is_not_hidden_by_the_module_of_its_name() -> None:
    assert callable(plan_chains)
    assert callable(harvester.plan)
    assert whatever_python_makes_of_it is harvester.plan  # type: ignore[comparison-overlap]


def test_there_are_no_other_names() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'runn'"):
        harvester.runn  # type: ignore[attr-defined]  # noqa: B018


def test_the_import_is_quick_and_a_run_leaves_the_program_as_it_was(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (done.stdout, done.stderr) == ("", "")


#: Its assertions are the test: nothing may be loaded before it is needed, and nothing said.
SCRIPT = """
import sys
import harvester

heavy = {"aiohttp", "click", "duckdb", "pandas", "polars", "pyarrow", "rich", "structlog", "yaml"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
harvester.SpecError
assert not heavy & set(sys.modules), heavy & set(sys.modules)

import logging, signal

told = []
class Listener(logging.Handler):
    def emit(self, record):
        told.append((record.name, record.getMessage()))
logger = logging.getLogger("harvester")
logger.addHandler(Listener())
logger.setLevel(logging.INFO)
logger.propagate = False
handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
seen = []

def look(progress):
    seen.append({number: signal.getsignal(number) for number in handlers})

job = {"name": "a", "harvest": [{"resource": "gene", "ids": [672]}]}
summary = harvester.run(job, sandbox=True, progress=look)
assert summary.status == "complete", summary
assert seen and all(one == handlers for one in seen)

import structlog

assert not structlog.is_configured()
assert ("harvester.runner", "run started job=a queries=1 run=" + summary.run_id) in told, told
assert not {"click", "polars"} & set(sys.modules)
"""
