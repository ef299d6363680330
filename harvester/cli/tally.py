"""The files of a lake, table by table: how many and how large now, and when they are folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import astuple

from harvester.publish import Fold, LakeFile, Manifest, Plan

__all__ = ["Tally", "after_folding", "size", "tallies", "telling"]

_HEAD = ("table", "files", "size", "files then", "size then", "rows given up")
_UNITS = ("bytes", "kB", "MB", "GB")


class Tally(Struct, frozen=True):
    """One table's files and bytes, now and then, and the rows of its past that are given up."""

    table: str
    files: int
    bytes: int
    files_after: int
    bytes_after: int
    rows_given_up: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Both together, under this one's name."""
        mine, more = astuple(self)[1:], astuple(other)[1:]
        return Tally(self.table, *(one + two for one, two in zip(mine, more, strict=True)))


def tallies(plan: Plan) -> list[Tally]:
    """What a plan means to each table that has files."""
    return [
        _planned(table, files, [fold for fold in plan.folds if _name(fold) == table])
        for table, files in _tables(plan.manifest)
    ]


def after_folding(plan: Plan, manifest: Manifest) -> list[Tally]:
    """What a plan has meant: the same as it came out."""
    now = dict(_tables(manifest))
    return [
        Tally(one.table, one.files, one.bytes, *_weighed(now.get(one.table, [])), one.rows_given_up)
        for one in tallies(plan)
    ]


def telling(told: Sequence[Tally]) -> Iterator[str]:
    """The tallies for people, a line a table and one for all."""
    whole = sum(told, Tally("all", 0, 0, 0, 0))
    cells = [_cells(tally) for tally in (*told, whole)]
    widths = [max(map(len, column)) for column in zip(_HEAD, *cells, strict=True)]
    for first, *rest in (_HEAD, *cells):
        columns = (text.rjust(width) for text, width in zip(rest, widths[1:], strict=True))
        yield "  ".join([first.ljust(widths[0]), *columns]).rstrip()


def size(number: int) -> str:
    """Bytes as people read them."""
    exponent = min(3, (len(str(number)) - 1) // 3)
    if not exponent:
        return f"{number} bytes"
    return f"{number / 1000**exponent:,.1f} {_UNITS[exponent]}"


def _cells(tally: Tally) -> list[str]:
    given_up = f"{tally.rows_given_up:,}" if tally.rows_given_up else ""
    now = (f"{tally.files:,}", size(tally.bytes))
    then = (f"{tally.files_after:,}", size(tally.bytes_after))
    return [tally.table, *now, *then, given_up]


def _planned(table: str, files: Sequence[LakeFile], folds: Iterable[Fold]) -> Tally:
    number, weight = _weighed(files)
    tally = Tally(table, number, weight, number, weight)
    for fold in folds:
        files_less = fold.files_after - len(fold.files)
        bytes_less = fold.bytes_after - fold.bytes
        given_up = 0 if fold.part == "ended" else fold.given_up
        tally += Tally(table, 0, 0, files_less, bytes_less, given_up)
    return tally


def _tables(manifest: Manifest) -> Iterator[tuple[str, list[LakeFile]]]:
    for table, state in manifest.tables.items():
        if state.files:
            yield table, list(state.files)
    for table, files in manifest.meta.items():
        if files:
            yield f"meta.{table}", list(files)


def _name(fold: Fold) -> str:
    return f"meta.{fold.table}" if fold.part == "meta" else fold.table


def _weighed(files: Sequence[LakeFile]) -> tuple[int, int]:
    return len(files), sum(file.bytes for file in files)
