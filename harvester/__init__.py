"""harvester: a bulk harvester and ETL pipeline for the NCBI Datasets v2 REST API.

    >>> import harvester
    >>> summary = harvester.run("jobs/quickstart.yaml", sandbox=True)
    >>> genomes = harvester.read("genome", to="polars")

The names in `__all__` stay as they are within a major version; docs/python.md tells them all. They
are imported when they are first used.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "DatabaseBehind",
    "Estimate",
    "HarvesterError",
    "Job",
    "LakeError",
    "LakeLocked",
    "NCBIAway",
    "NothingHarvested",
    "OutOfServiceError",
    "PartialRun",
    "Plan",
    "Progress",
    "RunError",
    "SpecError",
    "Summary",
    "TableFigures",
    "__version__",
    "arun",
    "load_job",
    "open_database",
    "plan",
    "read",
    "run",
]

if TYPE_CHECKING:
    from harvester.api.failures import NCBIAway, NothingHarvested, PartialRun
    from harvester.api.jobs import load_job
    from harvester.api.opening import open_database
    from harvester.api.planning import plan
    from harvester.api.reading import read
    from harvester.api.running import arun, run
    from harvester.api.watching import Progress
    from harvester.errors import (
        HarvesterError,
        LakeError,
        LakeLocked,
        OutOfServiceError,
        SpecError,
    )
    from harvester.estimate import Estimate, Plan
    from harvester.model import Job
    from harvester.summary import DatabaseBehind, RunError, Summary, TableFigures

#: Where each name lives.
_HOMES = {
    "api.failures": ("NCBIAway", "NothingHarvested", "PartialRun"),
    "api.jobs": ("load_job",),
    "api.opening": ("open_database",),
    "api.planning": ("plan",),
    "api.reading": ("read",),
    "api.running": ("arun", "run"),
    "api.watching": ("Progress",),
    "errors": ("HarvesterError", "LakeError", "LakeLocked", "OutOfServiceError", "SpecError"),
    "estimate": ("Estimate", "Plan"),
    "model": ("Job",),
    "summary": ("DatabaseBehind", "RunError", "Summary", "TableFigures"),
}
_HOME = {name: f"harvester.{module}" for module, names in _HOMES.items() for name in names}


class _Front(ModuleType):
    """This package: finds its names when they are asked for."""

    def __getattr__(self, name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415 - the command line starts without it

        found: object = getattr(import_module(_HOME[name]), name)
        self.__dict__[name] = found
        return found

    def __setattr__(self, name: str, value: object) -> None:
        """The function `plan` is not replaced by the module of that name when that is imported."""
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


if not TYPE_CHECKING:
    sys.modules[__name__].__class__ = _Front
