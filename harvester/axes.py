"""Finds the shards of a chain along the axis of its resource; some axes are looked up at NCBI."""

from __future__ import annotations

import json
from collections.abc import Iterable

from harvester.catalogue import RESOURCES, Split
from harvester.errors import RefusedError, TransientError
from harvester.fetch import Asker, build
from harvester.model import Chain, Query
from harvester.plan import chains_of, endpoint_of
from harvester.shards import (
    Histogram,
    axes_of,
    by_date,
    by_group,
    by_location,
    by_subtree,
    today,
)
from harvester.taxa import look_up

__all__ = ["shards_of"]

#: Levels of taxa that are looked through for one that branches.
_DEPTH = 10
#: More shards than so many times those that are wanted would cost more than they save.
_TOO_MANY = 3


async def shards_of(
    chain: Chain, pieces: int, asker: Asker, histogram: Histogram = (), most: int = 0
) -> tuple[Chain, ...]:
    """The chain as so many disjoint shards, or about as many; nothing where it cannot be cut.

    Where what there is decides how many, they are not more than the `most`.
    """
    for axis in axes_of(chain, today()):
        if axis.axis == "release_date":
            found = by_date(chain, axis, pieces, today(), histogram)
        else:
            found = await _named(axis, chain, pieces, asker, most or _TOO_MANY * pieces)
        if len(found) > 1:
            return found
    return ()


async def _named(
    axis: Split, chain: Chain, pieces: int, asker: Asker, most: int
) -> tuple[Chain, ...]:
    """Shards that each name what they hold."""
    if axis.axis == "type":
        return by_group(chain, axis)
    if axis.axis == "location":
        return by_location(chain, axis, pieces, await _lengths(chain, asker), most)
    return by_subtree(chain, await _children(chain, asker), most)


async def _children(chain: Chain, asker: Asker) -> tuple[int, ...]:
    """The taxa directly below the one that is asked for; further down where there is only one."""
    name = (chain.sent or chain.values)[0]
    for _ in range(_DEPTH):
        taxon = (await look_up((name,), asker)).get(name)
        if taxon is None or len(taxon.children) != 1:
            return taxon.children if taxon else ()
        name = str(taxon.children[0])
    return ()


async def _lengths(chain: Chain, asker: Asker) -> list[tuple[str, int]]:
    """The sequences of an assembly and their lengths; nothing where one page cannot hold them."""
    (sequences,) = chains_of(Query("lengths", "sequence", "accessions", chain.values))
    _, endpoint = endpoint_of(sequences)
    try:
        opened = await asker.ask(build(sequences, endpoint, ndjson=False), RESOURCES["sequence"])
    except (RefusedError, TransientError):
        return []
    if opened.next_token:
        return []
    return _sequences(opened.data.splitlines(), chain.values[0])


def _sequences(lines: Iterable[bytes], assembly: str) -> list[tuple[str, int]]:
    """Accession and length of each sequence; RefSeq's names for RefSeq's assemblies."""
    names = ("refseq_accession", "refseqAccession")
    if assembly.upper().startswith("GCA"):
        names = ("genbank_accession", "genbankAccession")
    found = []
    for line in lines:
        try:
            report = json.loads(line)
            name = next(report[key] for key in names if key in report)
            found.append((str(name), int(report.get("length", 0))))
        except (ValueError, TypeError, StopIteration):
            return []  # a sequence without a name could not be asked for
    return found
