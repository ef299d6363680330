"""What a compaction is going to do: which files it folds into one or few, and what it gives up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from harvester.publish.choice import newest, rows_each, tiers
from harvester.publish.layout import meta_layouts, table_layouts
from harvester.publish.manifest import LakeFile, Manifest
from harvester.publish.retention import Kept, past_rows, past_versions
from harvester.publish.workbench import Connection, with_room, workbench
from harvester.store.lake import Lake

__all__ = ["Fold", "Plan", "plan_folds"]

Part = Literal["rows", "ended", "members", "seen", "meta"]

#: A file of which more than this may be given up is rewritten, however well-sized it is.
_STALE = 0.1


class Fold(Struct, frozen=True):
    """Files that become one, or few: those of a table's part, or of a table of the schema `meta`.

    `given_up` of their rows belong to a past that is not kept.
    """

    table: str
    part: Part
    files: tuple[LakeFile, ...]
    given_up: int = 0

    @property
    def rows(self) -> int:
        """The rows that stay."""
        return sum(file.rows for file in self.files) - self.given_up

    @property
    def bytes(self) -> int:
        """What the files need now."""
        return sum(file.bytes for file in self.files)

    @property
    def files_after(self) -> int:
        """How many there will be, as far as one can tell."""
        return -(-self.rows // rows_each(self.files)) if self.part == "rows" else min(1, self.rows)

    @property
    def bytes_after(self) -> int:
        """What those may need: as much as now for each row that stays; mostly it is less."""
        return self.bytes * self.rows // max(1, self.rows + self.given_up)


class Plan(Struct, frozen=True):
    """The lake as it is, the runs whose past is kept, and what is to be folded.

    `spared` rows may be given up and are not yet: they are few among others in well-sized files.
    """

    manifest: Manifest
    kept: Kept
    folds: tuple[Fold, ...]
    spared: int = 0

    @property
    def given_up(self) -> int:
        """The rows that are given up; what names them in other files is not counted."""
        return sum(fold.given_up for fold in self.folds if fold.part != "ended")


def plan_folds(lake: Lake, manifest: Manifest, kept: Kept, spill: str) -> Plan:
    """Looks for what is worth folding; nothing is written but what DuckDB has no room for."""

    def look(room: str) -> Plan:
        with workbench(spill, room) as connection:
            planner = _Planner(connection, lake, manifest, kept)
            plan = Plan(manifest, kept, (*planner.tables(), *planner.meta()))
            return replace(plan, spared=sum(planner.past.values()) - plan.given_up)

    return with_room(look)


class _Planner(Struct, frozen=True):
    """Looks table by table; `past` is to hold how many rows of which files are not kept."""

    connection: Connection
    lake: Lake
    manifest: Manifest
    kept: Kept
    past: dict[str, int] = field(default_factory=dict)

    def tables(self) -> Iterator[Fold]:
        """What is worth it of each resource's table."""
        for layout in table_layouts():
            state = self.manifest.table(layout.name)
            gone = past_versions(self.connection, self.lake, layout, state, self.kept)
            self.past.update(gone)
            rows = tiers(state.data, _stale(state.data, gone))
            over = sum(_gone(group, gone) for group in rows)
            yield from (_fold(layout.name, "rows", group, gone) for group in rows)
            if over:  # what these files name may be anywhere in the files of ended versions
                yield Fold(layout.name, "ended", state.ended, over)
            else:
                yield from (_fold(layout.name, "ended", group) for group in tiers(state.ended))
            if members := newest(state.members):
                yield _fold(layout.name, "members", members)
            if seen := newest(state.seen):
                yield _fold(layout.name, "seen", seen)

    def meta(self) -> Iterator[Fold]:
        """What is worth it of each meta table, whose files stay in their order."""
        for layout in meta_layouts():
            files = self.manifest.meta.get(layout.name, ())
            gone = past_rows(self.connection, self.lake, layout.name, files, self.kept)
            self.past.update(gone)
            last = newest(files)
            older = files[: len(files) - len(last)]
            for file in _stale(older, gone):
                yield _fold(layout.name, "meta", [file], gone)
            if last:
                yield _fold(layout.name, "meta", last, gone)


def _fold(
    table: str, part: Part, files: Iterable[LakeFile], gone: Mapping[str, int] | None = None
) -> Fold:
    chosen = tuple(files)
    return Fold(table, part, chosen, _gone(chosen, gone or {}))


def _gone(files: Iterable[LakeFile], gone: Mapping[str, int]) -> int:
    return sum(gone.get(file.path, 0) for file in files)


def _stale(files: Iterable[LakeFile], gone: Mapping[str, int]) -> list[LakeFile]:
    return [file for file in files if gone.get(file.path, 0) > _STALE * file.rows]
