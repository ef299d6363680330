"""Which files of a lake are worth folding: small ones that have as much beside them as they weigh.

Whatever is rewritten lies in a file at least twice as large afterwards, or in one so small that it
costs nothing; and a file that is large enough is left alone. So a row is rewritten a few times in
all its life, however often somebody asks, and a table keeps but a few small files.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from harvester.publish.manifest import LakeFile

__all__ = ["TARGET", "newest", "rows_each", "tiers"]

#: Bytes of the files that folding makes, and of those that are well-sized as they are.
TARGET = 32 * 2**20
_FULL = TARGET // 2
#: Files up to so many bytes are folded whatever lies beside them.
_FLOOR = 4 * 2**20


def tiers(files: Collection[LakeFile], stale: Collection[LakeFile] = ()) -> list[list[LakeFile]]:
    """Groups of files to be folded, where their order means nothing; `stale` ones in any case."""
    groups: list[list[LakeFile]] = [[]]
    for file in sorted((file for file in files if file.bytes < _FULL), key=_weight):
        if groups[-1] and not _joins(file, groups[-1]):
            groups.append([])
        groups[-1].append(file)
    worth = [group for group in groups if len(group) > 1]
    chosen = {file.path for group in worth for file in group}
    return [*worth, *([file] for file in stale if file.path not in chosen)]


def newest(files: Sequence[LakeFile]) -> list[LakeFile]:
    """The last of the files to be folded, where they are in an order that has to stay."""
    chosen: list[LakeFile] = []
    for file in reversed(files):
        if file.bytes >= _FULL or (chosen and not _joins(file, chosen)):
            break
        chosen.insert(0, file)
    return chosen if len(chosen) > 1 else []


def rows_each(files: Collection[LakeFile]) -> int:
    """How many of their rows make a file of the size that is aimed at."""
    rows, weight = sum(file.rows for file in files), sum(map(_weight, files))
    return max(1, -(-rows // max(1, weight // TARGET)))


def _joins(file: LakeFile, group: Collection[LakeFile]) -> bool:
    return file.bytes <= max(_FLOOR, sum(map(_weight, group)))


def _weight(file: LakeFile) -> int:
    return file.bytes
