"""What all tests share: real data where it lies, and surroundings that are always the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# The same examples each time, on slow machines too; `--hypothesis-profile=explore` looks further.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("steady")

# Hundreds of processes are started: what one of them has compiled the next one reads.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# And what one of them keeps to save the next one time lies beside what pytest keeps.
os.environ["XDG_CACHE_HOME"] = str(ROOT / ".pytest_cache")


def pytest_xdist_auto_num_workers() -> int:
    """Tests also wait, for disks and processes: a few more than cores keep these busy."""
    return (os.cpu_count() or 1) + 2


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own key, address or lake never reaches a test."""
    for name in tuple(os.environ):
        if name.startswith(("HARVESTER_", "NCBI_")):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def plain_logging() -> Iterator[None]:
    """What a command sets up for its process ends with its test."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """Real records and the API's description, which lie beside the repository or nowhere."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("there is no ../shared beside this repository")
    return folder
