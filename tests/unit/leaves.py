"""Where each leaf of a record went: a plain second opinion on the decoder."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from harvester.catalogue import Resource
from harvester.decode import Decoded

Path = tuple[str, ...]
Leaves = dict[Path, list[Any]]

_OURS = ("_run_id", "_fetched_at", "_seen_at", "_extra", "_chain", "_hash", "_query")


def snaked(name: str) -> str:
    if re.fullmatch(r"[a-z][a-zA-Z0-9]*", name):
        return re.sub("[A-Z]", lambda c: "_" + c.group().lower(), name)
    return name


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """All values that are neither null nor a container with something in it."""
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from leaves(item, (*path, snaked(name)))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, (*path, str(index)))
    elif value is not None:
        yield path, value


def same(sent: Any, held: Any) -> bool:
    """Whether a column's value is what was sent, by value and by type."""
    if isinstance(held, datetime):
        moment = datetime.fromisoformat(sent)
        return (moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment) == held
    if isinstance(held, date):
        return bool(sent == held.isoformat())
    if isinstance(held, bool) or isinstance(sent, bool):
        return sent is held
    if isinstance(held, int) and isinstance(sent, str):
        return sent == str(held)
    if isinstance(held, float):
        return isinstance(sent, int | float) and sent == held
    return type(sent) is type(held) and bool(sent == held)


def unwrapped(record: dict[str, Any], resource: Resource) -> dict[str, Any]:
    """The report and what stands beside it, at one level."""
    report = record.get(resource.wrapper)
    if not resource.wrapper or not isinstance(report, dict):
        return record
    return report | {name: value for name, value in record.items() if name != resource.wrapper}


#: Where values of former layouts stand today, where nothing else stands there.
_ORGANISM = ("organism_name", "common_name", "tax_id")
_NAMES = ("breed", "cultivar", "ecotype", "isolate", "sex", "strain")
_MOVED: dict[Path, Path] = {
    ("assembly_info", "assembly_accession"): ("accession",),
    ("assembly_info", "current_assembly_accession"): ("current_accession",),
    ("assembly_info", "paired_assembly_accession"): ("paired_accession",),
    ("assembly_info", "biosample_accession"): ("assembly_info", "biosample", "accession"),
    ("assembly_info", "ucsc_assm_name"): ("assembly_info", "synonym"),
    ("annotation_info", "source"): ("annotation_info", "provider"),
    **{(name,): ("organism", name) for name in _ORGANISM},
    **{(name,): ("organism", "infraspecific_names", name) for name in _NAMES},
}


def moved(path: Path, paths: set[Path]) -> Path:
    """Where a value of a former layout belongs today."""
    match path:
        case ("annotations", index, ("release_date" | "release_name") as name):
            new = "annotation_name" if name == "release_name" else "annotation_release_date"
            return ("annotations", index, new)
        case ("annotations", index, "assemblies_in_scope", "0", name):
            several = (*path[:3], "1", name) in paths
            return path if several else ("annotations", index, f"assembly_{name}")
    today = _MOVED.get(path, path)
    is_genome = ("assembly_info", "assembly_accession") in paths
    return today if is_genome and today not in paths else path


def lost(
    record: dict[str, Any], row: dict[str, Any], resource: Resource, *, former: bool = False
) -> list[str]:
    """What was sent and is neither in a column nor in `_extra`, or stands there and was not."""
    sent: Leaves = defaultdict(list)
    told = list(leaves(unwrapped(record, resource)))
    paths = {path for path, _ in told}
    for path, value in told:
        sent[moved(path, paths) if former else path].append(value)
    asked = {column for column, _ in resource.from_request}
    columns = {k: v for k, v in row.items() if k not in _OURS and (k not in asked or (k,) in sent)}
    echo = {"query": row["_query"]} if row.get("_query") is not None else {}
    wrong = []
    for path, held in leaves(columns | echo):
        if held == {}:
            continue  # an object of which no member fits, or an empty one: looked at below
        if not _take(sent, path, lambda value, held=held: same(value, held)):
            wrong.append(f"invented {path}: {held!r}")
    for path, held in _extra(row["_extra"]):
        if not _take(sent, path, lambda value, held=held: _identical(value, held)):
            wrong.append(f"invented in _extra {path}: {held!r}")
    rest = [(path, value) for path, values in sent.items() for value in values]
    return wrong + [
        f"lost {p}: {v!r}" for p, v in rest if not (v == {} and _at(row, p) is not None)
    ]


def _identical(sent: Any, held: Any) -> bool:
    return type(sent) is type(held) and bool(sent == held)


def _take(sent: Leaves, path: Path, fits: Any) -> bool:
    for index, value in enumerate(sent.get(path, ())):
        if fits(value):
            del sent[path][index]
            return True
    return False


def _extra(text: str | None) -> Iterator[tuple[Path, Any]]:
    for pointer, value in json.loads(text or "{}").items():
        steps = re.sub(r"#\d+$", "", pointer).removeprefix("/@wrapper").split("/")[1:]
        path = tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)
        yield from leaves(value, path)


def _at(row: Any, path: Path) -> Any:
    for step in path:
        row = row[int(step)] if isinstance(row, list) else (row or {}).get(step)
    return row


def rows_of(decoded: Decoded) -> list[dict[str, Any]]:
    return decoded.batch.to_pylist()
