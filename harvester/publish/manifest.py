"""The lake's manifest: which files make each table. Writing it is the commit."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any, TypeVar

from msgspec import Struct, field, to_builtins
from msgspec.structs import asdict, replace

from harvester.errors import LakeError
from harvester.store.lake import Lake
from harvester.telemetry import get_logger

__all__ = [
    "MANIFEST",
    "CommittedRun",
    "LakeFile",
    "Manifest",
    "Retired",
    "TableState",
    "manifest_text",
    "parse_manifest",
    "read_manifest",
    "write_manifest",
]

MANIFEST = "manifest.json"
#: Who knows the first only would take folded files for a run's own.
_PLAIN, _FOLDED = 1, 2

_log = get_logger(__name__)

T = TypeVar("T", bound=Struct)


class LakeFile(Struct, frozen=True):
    """One Parquet file; the fingerprint is that of the layout under which it was written.

    A file that several runs' files were folded into has no run of its own: its rows name theirs.
    """

    path: str
    rows: int
    bytes: int
    run_id: str
    fingerprint: str = ""


class TableState(Struct, frozen=True):
    """The files of a table.

    `data` holds versions of rows, `ended` names those that are over, `members` says which question
    delivered which row, `seen` which rows a run received whether or not they were new.
    """

    data: tuple[LakeFile, ...] = ()
    ended: tuple[LakeFile, ...] = ()
    members: tuple[LakeFile, ...] = ()
    seen: tuple[LakeFile, ...] = ()

    def __add__(self, more: TableState) -> TableState:
        """Both tables' files, this one's first."""
        return TableState(
            self.data + more.data,
            self.ended + more.ended,
            self.members + more.members,
            self.seen + more.seen,
        )

    def brought_by(self, runs: Collection[str]) -> TableState:
        """The files of some runs."""
        return self._where(lambda file: file.run_id in runs)

    def without(self, runs: Collection[str]) -> TableState:
        """All files but those of some runs."""
        return self._where(lambda file: file.run_id not in runs)

    def _where(self, wanted: Callable[[LakeFile], bool]) -> TableState:
        parts = (self.data, self.ended, self.members, self.seen)
        return TableState(*(tuple(filter(wanted, files)) for files in parts))

    @property
    def files(self) -> tuple[LakeFile, ...]:
        """All of them."""
        return self.data + self.ended + self.members + self.seen

    @property
    def versions(self) -> int:
        """How many versions of rows there are."""
        return sum(file.rows for file in self.data)

    @property
    def rows(self) -> int:
        """How many of them are current."""
        return self.versions - sum(file.rows for file in self.ended)


class CommittedRun(Struct, frozen=True):
    """A run whose rows are in the lake; `started_at` is ISO 8601 with its zone."""

    run_id: str
    started_at: str
    job: str

    @property
    def moment(self) -> datetime:
        """When it started, in UTC."""
        told = datetime.fromisoformat(self.started_at)
        known = told if told.tzinfo else told.replace(tzinfo=UTC)
        return known.astimezone(UTC).replace(tzinfo=None)


class Retired(Struct, frozen=True):
    """A file that others have replaced `since` a moment (ISO 8601): somebody may still read it."""

    path: str
    bytes: int
    since: str


class Manifest(Struct, frozen=True):
    """The whole lake at one moment; what is `retired` is still there but no part of it."""

    runs: tuple[CommittedRun, ...] = ()
    tables: Mapping[str, TableState] = field(default_factory=dict)
    meta: Mapping[str, tuple[LakeFile, ...]] = field(default_factory=dict)
    retired: tuple[Retired, ...] = ()

    def table(self, name: str) -> TableState:
        """The files of a resource's table; none where it was never harvested."""
        return self.tables.get(name, TableState())

    def has(self, run_id: str) -> bool:
        """Whether a run is committed."""
        return any(run.run_id == run_id for run in self.runs)

    def with_run(
        self,
        run: CommittedRun,
        tables: Mapping[str, TableState],
        meta: Mapping[str, Sequence[LakeFile]],
    ) -> Manifest:
        """The lake with what one more run brought; a run that is in it already adds nothing.

        So a run that was killed right after its commit may be finished like any other.
        """
        if self.has(run.run_id):
            return self
        return replace(
            self,
            runs=(*self.runs, run),
            tables={**self.tables, **{name: self.table(name) + tables[name] for name in tables}},
            meta={**self.meta, **{name: (*self.meta.get(name, ()), *meta[name]) for name in meta}},
        )

    def moments(self) -> dict[str, datetime]:
        """Since when (UTC) the rows of each run hold.

        That is its start, but never before that of a run committed earlier: an interrupted run may
        be taken up after a younger one has ended, and no version may end before it began.
        """
        begun = accumulate((run.moment for run in self.runs), max)
        return {run.run_id: moment for run, moment in zip(self.runs, begun, strict=True)}

    def paths(self) -> list[str]:
        """Every file that the lake consists of, the manifest itself left out."""
        return [file.path for file in self._files()]

    @property
    def folded(self) -> bool:
        """Whether some of them are of several runs."""
        return any(not file.run_id for file in self._files())

    def _files(self) -> Iterator[LakeFile]:
        yield from (file for table in self.tables.values() for file in table.files)
        yield from (file for listed in self.meta.values() for file in listed)


def read_manifest(lake: Lake) -> Manifest:
    """What the lake holds: nothing where nothing was committed yet."""
    data = lake.read(MANIFEST)
    return Manifest() if data is None else parse_manifest(data, lake.path(MANIFEST))


def parse_manifest(text: bytes | str, place: str) -> Manifest:
    """The manifest that a text says; LakeError where it says none."""
    try:
        return _parse(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise LakeError(f"{place} is damaged: {error}") from error


def write_manifest(lake: Lake, manifest: Manifest) -> None:
    """Makes the manifest the lake's: from here on every reader sees it."""
    lake.write(MANIFEST, manifest_text(manifest, indent=1).encode())
    _log.debug("manifest written")


def manifest_text(manifest: Manifest, indent: int | None = None) -> str:
    """The manifest as JSON."""
    body = {
        "version": _FOLDED if manifest.folded else _PLAIN,
        "runs": [asdict(run) for run in manifest.runs],
        "tables": {name: to_builtins(state) for name, state in manifest.tables.items()},
        "meta": {name: [asdict(file) for file in files] for name, files in manifest.meta.items()},
    }
    if manifest.retired:
        body["retired"] = [asdict(file) for file in manifest.retired]
    return json.dumps(body, indent=indent)


def _parse(body: Mapping[str, Any]) -> Manifest:
    version = body["version"]
    if version not in (_PLAIN, _FOLDED):
        raise LakeError(
            f"the lake's manifest has version {version}, and this harvester knows {_FOLDED}: "
            "use a newer harvester"
        )
    _refuse_unknown(body, {"version", "runs", "tables", "meta", "retired"})
    return Manifest(
        runs=tuple(_one(CommittedRun, run) for run in body["runs"]),
        tables={name: _table(files) for name, files in body["tables"].items()},
        meta={name: _files(files) for name, files in body["meta"].items()},
        retired=tuple(_one(Retired, file) for file in body.get("retired", ())),
    )


def _table(body: Mapping[str, Any]) -> TableState:
    _refuse_unknown(body, {"data", "ended", "members", "seen"})
    # Lakes of the first days name no members, and those after them not what was seen.
    later = (_files(body.get(name, ())) for name in ("members", "seen"))
    return TableState(_files(body["data"]), _files(body["ended"]), *later)


def _files(listed: Iterable[Mapping[str, Any]]) -> tuple[LakeFile, ...]:
    return tuple(_one(LakeFile, entry) for entry in listed)


def _one(kind: type[T], body: Mapping[str, Any]) -> T:
    _refuse_unknown(body, kind.__struct_fields__)
    return kind(**body)


def _refuse_unknown(body: Mapping[str, Any], known: Collection[str]) -> None:
    if unknown := sorted(body.keys() - known):
        raise LakeError(
            f"the lake's manifest says {unknown[0]!r}, which this harvester does not know: "
            "use a newer harvester"
        )
