"""Whether shards add up to the whole: known as soon as each of them has told its count. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

__all__ = ["Sums"]


#: Records that may be added while a chain is walked: so many, or this share of them.
_SOME = 20
_SHARE = 0.01


class _Family(Struct):
    """A chain that was cut: NCBI's count of the whole, and the counts of its shards so far.

    Where there is no such count they need not add up.
    """

    total: int | None
    counts: dict[str, int | None]

    @property
    def missing(self) -> int:
        """How many records no shard holds, as far as can be known by now.

        Fewer than none where shards hold some more than once: then they are not disjoint, as when
        a server takes no notice of the filters. Some records may have come since the whole was
        counted.
        """
        if self.total is None:
            return 0
        known = [count for count in self.counts.values() if count is not None]
        missing = self.total - sum(known)
        if missing < -max(_SOME, self.total * _SHARE):
            return missing
        return max(0, missing) if len(known) == len(self.counts) else 0


class Sums(Struct):
    """Counts of shards, held against those of the chains that they were cut from."""

    _families: dict[str, _Family] = field(default_factory=dict)
    _parent: dict[str, str] = field(default_factory=dict)

    def cut(self, chain: str, total: int | None, shards: Iterable[str]) -> None:
        """A chain with so many records, if they are known, gives way to shards."""
        self._families[chain] = _Family(total, dict.fromkeys(shards))
        self._parent |= dict.fromkeys(self._families[chain].counts, chain)

    def count(self, shard: str, total: int) -> tuple[str, int] | None:
        """Takes a shard's count in; the chain whose shards do not add up, and by how much."""
        parent = self._parent.get(shard)
        family = self._families.get(parent or "")
        if parent is None or family is None or family.counts[shard] is not None:
            return None
        family.counts[shard] = total
        return (parent, family.missing) if family.missing else None

    def parent(self, shard: str) -> str | None:
        """The chain that a shard was cut from."""
        return self._parent.get(shard)

    def forget(self, chain: str) -> None:
        """The chain is walked in one piece after all."""
        self._families.pop(chain, None)

    def is_void(self, shard: str) -> bool:
        """Whether a shard belongs to a chain that is walked in one piece after all."""
        while (parent := self._parent.get(shard)) is not None:
            if parent not in self._families:
                return True
            shard = parent
        return False
