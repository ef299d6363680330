"""A sandbox without waits, and one harvest of it that the tests of a module share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import harvester
from harvester.sandbox import SandboxConfig, Served, serve_in_thread
from tests.api.jobs import JOB, options


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as server:
        yield server


@pytest.fixture
def calm(served: Served) -> Iterator[Served]:
    yield served
    served.faults.set("")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("place")


@pytest.fixture(scope="module")
def first(served: Served, place: Path) -> harvester.Summary:
    return harvester.run(JOB, **options(served, place))


@pytest.fixture
def asked(served: Served, place: Path, first: harvester.Summary) -> dict[str, Any]:
    """Where the shared lake lies: a further run there costs a third of a first one."""
    assert first.status == "complete"
    return options(served, place)


@pytest.fixture
def database(place: Path, first: harvester.Summary) -> Path:
    assert first.status == "complete"
    return place / "x.duckdb"
