"""What may stand where a command wants a job, a table or a run: quick, as the shell waits for it.

Nothing here opens the database or reads Parquet: the lake's manifest is a small text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from click import Context, Parameter
from click.shell_completion import CompletionItem

from harvester.catalogue import RESOURCES
from harvester.errors import HarvesterError
from harvester.settings import Settings, environment

__all__ = ["META", "completer"]

Completer = Callable[[Context, Parameter, str], list[CompletionItem[str]]]

META = ("runs", "queries", "items", "changes", "drift", "quarantine", "messages")
#: Commands that know the tables of reports only.
_REPORTS_ONLY = frozenset({"changes"})
#: Files that are looked at, and bytes of each: a folder may hold anything.
_MOST, _GLIMPSE = 300, 2**16
_JOB = re.compile(rb"^harvest\s*:", re.MULTILINE)
_PLAIN = re.compile(r"[\w./+@%:,-]+\.ya?ml")
_KIND = re.compile(r"[A-Z]+")


def completer(metavar: str) -> Completer | None:
    """Who completes a value of that name: `JOB...` and `MOMENT|RUN` are known by their words."""
    return next((_KINDS[word] for word in _KIND.findall(metavar) if word in _KINDS), None)


def _jobs(context: Context, param: Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Job files here and one folder further down; else whatever files there are.

    Names that a shell has to quote are left to the shell.
    """
    del context, param
    folder = incomplete.rpartition("/")[0]
    prefix = f"{folder}/" if folder else "/" if incomplete.startswith("/") else ""
    names = (prefix + name for name in _yaml_files(Path(prefix or ".")))
    fitting = [name for name in names if name.startswith(incomplete) and _is_job(Path(name))]
    return [CompletionItem(name) for name in fitting] or _files(incomplete)


def _yaml_files(folder: Path) -> Iterator[str]:
    for pattern in ("*", "[!.]*/*"):
        found = sorted(str(path.relative_to(folder)) for path in folder.glob(pattern))
        fitting = (name for name in found if _PLAIN.fullmatch(name))
        yield from islice(fitting, _MOST)


def _is_job(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return path.is_file() and _JOB.search(file.read(_GLIMPSE)) is not None
    except OSError:
        return False


def _tables(context: Context, param: Parameter, incomplete: str) -> list[CompletionItem[str]]:
    del param
    rows = _rows(_manifest(context))
    items = [CompletionItem(name, help=_holds(name, rows)) for name in RESOURCES]
    if context.info_name not in _REPORTS_ONLY:
        items += [CompletionItem(f"meta.{name}") for name in META]
    return _fitting(items, incomplete)


def _resources(context: Context, param: Parameter, incomplete: str) -> list[CompletionItem[str]]:
    del context, param
    items = [CompletionItem(name, help=one.title) for name, one in RESOURCES.items()]
    return _fitting(items, incomplete)


def _runs(context: Context, param: Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The newest run first."""
    del param
    runs = reversed(_manifest(context).get("runs", ()))
    return _fitting((CompletionItem(run["run_id"], help=run["job"]) for run in runs), incomplete)


def _any_file(context: Context, param: Parameter, incomplete: str) -> list[CompletionItem[str]]:
    del context, param
    return _files(incomplete)


def _folders(context: Context, param: Parameter, incomplete: str) -> list[CompletionItem[str]]:
    del context, param
    return [CompletionItem(incomplete, type="dir")]


_KINDS: Mapping[str, Completer] = {
    "JOB": _jobs,
    "TABLE": _tables,
    "RESOURCE": _resources,
    "RUN": _runs,
    "FILE": _any_file,
    "DIR": _folders,
}


def _files(incomplete: str) -> list[CompletionItem[str]]:
    """The shell's own completion of files."""
    return [CompletionItem(incomplete, type="file")]


def _fitting(items: Iterable[CompletionItem[str]], incomplete: str) -> list[CompletionItem[str]]:
    return [item for item in items if item.value.startswith(incomplete)]


def _manifest(context: Context) -> Mapping[str, Any]:
    """What the lake says of itself, as plain JSON; nothing where none can be read."""
    try:
        settings = Settings.load(environment(), lake=context.params.get("lake"))
        text = Path(settings.lake or "data/lake", "manifest.json").read_text(encoding="utf-8")
        manifest = json.loads(text)
    except (OSError, ValueError, HarvesterError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _rows(manifest: Mapping[str, Any]) -> dict[str, int]:
    """The rows of each table that is in the lake."""
    return {
        name: sum(file["rows"] for file in table["data"])
        - sum(file["rows"] for file in table["ended"])
        for name, table in manifest.get("tables", {}).items()
    }


def _holds(name: str, rows: Mapping[str, int]) -> str:
    title = RESOURCES[name].title
    return f"{title}, {rows[name]:,} rows" if name in rows else title
