"""Looks taxa up in NCBI Taxonomy: what is asked by number cannot be taken for something else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from harvester.catalogue import RESOURCES
from harvester.errors import RefusedError, TransientError
from harvester.fetch import Asker, build, smallest
from harvester.model import Chain, Query, Taxon
from harvester.plan import chains_of, endpoint_of
from harvester.telemetry import get_logger

__all__ = ["look_up", "look_up_at_once", "taxa_in"]

_log = get_logger(__name__)


async def look_up(names: Sequence[str], asker: Asker) -> dict[str, Taxon]:
    """The taxa by the names given; what NCBI does not know, or is in doubt about, is absent."""
    found: dict[str, Taxon] = {}
    for chain in chains_of(Query("taxa", "taxonomy", "taxa", tuple(names))) if names else ():
        found |= await _ask(chain, asker)
    for name in names:
        taxon = found.get(name)
        if taxon is None:
            _log.warning("taxon not found by its name, asked for as written", taxon=name)
        else:
            _log.info("taxon", name=name, tax_id=taxon.tax_id, scientific_name=taxon.name)
    return found


async def look_up_at_once(names: Sequence[str], asker: Asker) -> dict[str, Taxon | None]:
    """The same with one request, for as many as it has room for, and none for what is unknown.

    Nothing where NCBI does not answer that.
    """
    (chain, *_) = chains_of(Query("taxa", "taxonomy", "taxa", tuple(names)))
    _, endpoint = endpoint_of(chain)
    try:
        opened = await asker.ask(build(chain, endpoint, ndjson=False), RESOURCES["taxonomy"])
    except (RefusedError, TransientError) as error:
        _log.warning("taxa not looked up", reason=str(error))
        return {}
    found = taxa_in(opened.data.splitlines(), chain.values)
    return {name: found.get(name) for name in chain.values}


async def _ask(chain: Chain, asker: Asker) -> dict[str, Taxon]:
    _, endpoint = endpoint_of(chain)
    request = replace(build(chain, endpoint, ndjson=False), small=smallest(chain, endpoint))
    try:
        opened = await asker.ask(request, RESOURCES["taxonomy"])
    except RefusedError as error:
        return await _one_by_one(chain, asker, error)
    except TransientError as error:
        _log.warning("taxa not looked up", reason=str(error))
        return {}
    return taxa_in(opened.data.splitlines(), chain.values)


async def _one_by_one(chain: Chain, asker: Asker, error: RefusedError) -> dict[str, Taxon]:
    """One bad name spoils no list."""
    if len(chain.values) == 1:
        _log.debug("taxon refused", taxon=chain.values[0], reason=str(error))
        return {}
    found: dict[str, Taxon] = {}
    for value in chain.values:
        found |= await _ask(replace(chain, values=(value,)), asker)
    return found


def taxa_in(lines: Iterable[bytes], names: Sequence[str]) -> dict[str, Taxon]:
    """The taxa in taxonomy reports, by which of the names each answers; none for two answers."""
    asked = {name.lower(): name for name in names}
    found: dict[str, Taxon] = {}
    doubtful: set[str] = set()
    for query, taxon in _answers(lines):
        name = asked.get(query.lower()) or (names[0] if len(names) == 1 else None)
        if name is None:
            continue
        if name in found and found[name].tax_id != taxon.tax_id:
            doubtful.add(name)
        found[name] = taxon
    return {name: taxon for name, taxon in found.items() if name not in doubtful}


def _answers(lines: Iterable[bytes]) -> Iterator[tuple[str, Taxon]]:
    for line in lines:
        try:
            element = json.loads(line)
            taxon = _taxon(element.get("taxonomy", element))
            queries = [str(value) for value in element.get("query", ())]
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            continue  # the same bytes as records would go to quarantine; here they tell nothing
        if taxon is not None:
            yield from ((query, taxon) for query in queries or [""])


def _taxon(report: dict[str, Any]) -> Taxon | None:
    number = _one_of(report, "tax_id", "taxId")
    if number is None:
        return None
    name = _one_of(report, "current_scientific_name", "currentScientificName") or {}
    counts = report.get("counts") or ()
    return Taxon(
        int(number),
        str(name.get("name", "")),
        tuple(int(parent) for parent in report.get("parents") or ()),
        tuple((str(one.get("type", "")), int(one.get("count", 0))) for one in counts),
        tuple(int(child) for child in report.get("children") or ()),
    )


def _one_of(report: dict[str, Any], *names: str) -> Any:  # noqa: ANN401 - JSON
    return next((report[name] for name in names if name in report), None)
