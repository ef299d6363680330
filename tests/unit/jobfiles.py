"""Job files for tests: written, loaded, and what is said about them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harvester.errors import SpecError
from harvester.model import Job, Query
from harvester.spec import load_job

__all__ = ["faults_of", "load", "query_of", "wrap", "write"]


def write(folder: Path, text: str | bytes, name: str = "job.yaml") -> Path:
    """A file in a folder."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def wrap(query: str) -> str:
    """A job of one query, given as the inside of a flow mapping; it stands on line 3."""
    return f"name: test\nharvest:\n  - {{{query}}}\n"


def load(folder: Path, text: str | bytes) -> Job:
    """The job that a text is."""
    return load_job(write(folder, text))


def query_of(folder: Path, query: str) -> Query:
    """The one query of a job."""
    (found,) = load(folder, wrap(query)).queries
    return found


def faults_of(folder: Path, text: str | bytes) -> list[str]:
    """What is wrong with a job, without the folder's name."""
    path = write(folder, text)
    with pytest.raises(SpecError) as caught:
        load_job(path)
    told = str(caught.value).splitlines()
    assert len(told) == len(caught.value.faults)
    return [one.replace(f"{folder}/", "") for one in told]
