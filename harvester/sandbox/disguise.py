"""Records in another dress: camelCase, the older layout, fields that nobody documented."""

from __future__ import annotations

import json
import re
from typing import Any

from harvester.sandbox.faults import Effects
from harvester.sandbox.templates import dumps

__all__ = ["disguise"]

_DRESSES = ("unknown-field", "bare", "camel")
_UNDERSCORE = re.compile(r"_([a-z0-9])")


def disguise(family: str, records: list[bytes], effects: Effects) -> list[bytes]:
    """The records as the faults in force want them; as they are, if none does."""
    worn = [name for name in _DRESSES if name in effects]
    if not worn:
        return records
    dressed = []
    for text in records:
        record = json.loads(text)
        for name in worn:
            record = _DRESS[name](family, record)
        dressed.append(dumps(record))
    return dressed


def _surprise(family: str, record: dict[str, Any]) -> dict[str, Any]:
    """A new field at the top of the report, one inside, and a new value of an enum."""
    report = _report(family, record)
    report["sandbox_note"] = {"text": "not documented", "level": 3, "tags": ["a", "b"]}
    for value in report.values():
        if isinstance(value, dict) and "sandbox_note" not in value:
            value["sandbox_extra"] = "inside"
            break
    if "source_database" in report:
        report["source_database"] = "SOURCE_DATABASE_SANDBOX"
    return record


def _older(family: str, record: dict[str, Any]) -> dict[str, Any]:
    """The layout of the API's older description."""
    if family == "gene" and "gene" in record:
        return _older_gene(record["gene"])
    if family == "genome":
        return _older_genome(record)
    return record


def _older_gene(gene: dict[str, Any]) -> dict[str, Any]:
    names = {"sci_name": gene.pop("taxname", None), "common_name": gene.pop("common_name", None)}
    numbers = {key: int(gene[key]) for key in ("gene_id", "tax_id") if key in gene}
    return gene | numbers | {"organism": {k: v for k, v in names.items() if v}}


def _older_genome(record: dict[str, Any]) -> dict[str, Any]:
    stats, info = record.get("assembly_stats", {}), record.get("assembly_info", {})
    if "submitter" in info:
        record["submitter"] = info["submitter"]
    if "organism" in record:
        record["organism"]["sci_name"] = record["organism"]["organism_name"]
    if "total_sequence_length" in stats:
        stats["total_length"] = int(stats["total_sequence_length"])
    if "total_number_of_chromosomes" in stats:
        stats["number_of_chromosomes"] = stats["total_number_of_chromosomes"]
    return record


def _camel(_: str, record: dict[str, Any]) -> dict[str, Any]:
    """The same record with all names in camelCase."""
    renamed = _rename(record)
    return renamed if isinstance(renamed, dict) else record


def _rename(value: Any) -> Any:  # noqa: ANN401 - parsed JSON
    if isinstance(value, dict):
        return {
            _UNDERSCORE.sub(lambda found: found[1].upper(), key): _rename(inner)
            for key, inner in value.items()
        }
    return [_rename(inner) for inner in value] if isinstance(value, list) else value


def _report(family: str, record: dict[str, Any]) -> dict[str, Any]:
    """The report itself, inside its wrapper."""
    wrapper = {"taxonomy_node": "taxonomy"}.get(family, family)
    inner = record.get(wrapper)
    return inner if isinstance(inner, dict) else record


_DRESS = {"unknown-field": _surprise, "bare": _older, "camel": _camel}
