"""A first job as text: commented, checked, and named after what it asks for."""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml
from msgspec import Struct, field

from harvester.catalogue import RESOURCES, Endpoint, Param, Resource
from harvester.errors import SpecError
from harvester.spec.identifiers import complaint
from harvester.spec.job import load_job
from harvester.spec.names import did_you_mean

__all__ = ["Draft", "check_draft", "draft_text", "first_question", "guess_resource", "read_filter"]

_LONGEST_NAME = 63
#: So many values stand in a name; more are told by their number.
_NAMED = 3
_ASSEMBLY = re.compile(r"GC[AF]_\d+(\.\d+)?", re.IGNORECASE)
_TRANSCRIPT = re.compile(r"[NX][MRP]_\d+(\.\d+)?", re.IGNORECASE)
#: Filters that newcomers ask for, with a value of each.
_SUGGESTED: Mapping[str, Mapping[str, object]] = {
    "genome": {
        "reference_only": True,
        "assembly_source": "refseq",
        "assembly_level": ["chromosome", "complete_genome"],
        "has_annotation": True,
    },
    "gene": {"types": ["PROTEIN_CODING"]},
    "product": {"types": ["PROTEIN_CODING"]},
    "taxonomy": {"children": True},
    "annotation": {"gene_types": ["protein-coding"]},
    "sequence": {"chromosomes": ["1", "X"]},
    "virus": {"refseq_only": True, "complete_only": True, "host": "human"},
    "virus_summary": {"refseq_only": True, "complete_only": True, "host": "human"},
}


class Draft(Struct, frozen=True):
    """What a first job is to ask for."""

    resource: str
    selector: str
    values: tuple[str, ...]
    taxon: str | None = None
    filters: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """A job name made of the values: `escherichia-coli`, `brca1-tp53-human`."""
        few = self.values[:_NAMED]
        rest = len(self.values) - len(few)
        words = [*few, *([f"and {rest} more"] if rest else []), self.taxon or ""]
        name = _slug(" ".join(words))
        return _slug(f"{self.resource} {name}") if name.isdigit() or not name else name

    @property
    def endpoint(self) -> Endpoint:
        """How it is asked for."""
        endpoint = RESOURCES[self.resource].endpoint(self.selector)
        if endpoint is None:
            ways = " or ".join(
                dict.fromkeys(e.selector for e in RESOURCES[self.resource].endpoints)
            )
            raise SpecError(
                f"{self.resource} cannot be asked for by {self.selector}, only by {ways}"
            )
        return endpoint


def guess_resource(selector: str, values: Sequence[str]) -> str:
    """The table that identifiers most likely belong to; a `SpecError` where nobody can tell."""
    if selector != "accessions":
        return "genome" if selector == "taxa" else "gene"
    for pattern, resource in ((_ASSEMBLY, "genome"), (_TRANSCRIPT, "gene")):
        if all(pattern.fullmatch(value) for value in values):
            return resource
    able = [name for name, one in RESOURCES.items() if one.endpoint("accessions")]
    raise SpecError(
        f"which table do these accessions belong to? Give --resource: {', '.join(able)}"
    )


def read_filter(endpoint: Endpoint, text: str) -> tuple[str, object]:
    """A filter as it is typed, `assembly_level=chromosome,contig`, as a job holds it."""
    name, equals, value = text.partition("=")
    params = {param.name: param for param in endpoint.filters}
    if name not in params:
        hint = did_you_mean(name, params) or f"there are {', '.join(params)}"
        raise SpecError(f"there is no filter {name!r}: {hint}")
    if not equals or not value:
        raise SpecError(f"a filter is NAME=VALUE, such as {name}={_sample(params[name])}")
    if params[name].many:
        return name, [one.strip() for one in value.split(",")]
    truth = {"true": True, "false": False}
    return name, truth.get(value.lower(), value) if params[name].kind == "bool" else value


def draft_text(draft: Draft) -> str:
    """The job file; what is commented out may be taken in as it stands."""
    resource = RESOURCES[draft.resource]
    what = f"{resource.title[0].upper()}{resource.title[1:]}: {_named(draft)}"
    lines = [
        f"# {what}. Made by `harvester init`; it is yours to change.",
        "# `harvester validate` checks it, `harvester plan` tells what it would ask of NCBI.",
        f"name: {draft.name}",
        f"description: {_flow(what)}",
        *_head(),
        "",
        "harvest:",
        *_query(draft),
        "",
        *_another(draft),
        "",
        "# limits:",
        "#   requests_per_second: 3  # NCBI allows 5, and 10 with a key in NCBI_API_KEY",
        "#   max_removed_percent: 2  # where more rows than this are gone at once, none is removed",
    ]
    return "\n".join(lines) + "\n"


def check_draft(draft: Draft) -> str:
    """The text of a draft that `harvester validate` would call fine, or a `SpecError`."""
    for value in draft.values:
        if problem := complaint(value, draft.endpoint.value_kind):
            raise SpecError(f"{value!r} {problem}")
    if draft.taxon is not None and (problem := complaint(draft.taxon, "taxon")):
        raise SpecError(f"{draft.taxon!r} as taxon {problem}")
    text = draft_text(draft)
    with tempfile.TemporaryDirectory(prefix="harvester-") as folder:
        path = Path(folder, "job.yaml")
        path.write_text(text, encoding="utf-8")
        try:
            load_job(path)
        except SpecError as error:
            told = (
                f"{one.message} ({one.hint})" if one.hint else one.message for one in error.faults
            )
            raise SpecError("; ".join(told)) from None
    return text


def _head() -> list[str]:
    """What a job may say of itself, as it is when it says nothing."""
    return [
        '# schedule: "0 2 * * *"          # every day at two (UTC), for `harvester schedule`',
        "# lake: data/lake                # folder of the Parquet files: the source of truth",
        "# database: data/harvest.duckdb  # what `harvester query` asks",
        "# patience: 4h                   # how long an outage of NCBI is waited out, else 2m",
    ]


def _query(draft: Draft) -> Iterator[str]:
    safer = "  # numbers are safer: a name may mean several taxa"
    named = draft.selector == "taxa" and not all(value.isdigit() for value in draft.values)
    yield f"  - resource: {draft.resource}  # `harvester tables {draft.resource}` tells its columns"
    yield f"    {draft.selector}:{safer if named else ''}"
    yield from (f"      - {_flow(_number(value))}" for value in draft.values)
    if draft.taxon is not None:
        yield f"    taxon: {_flow(_number(draft.taxon))}"
    if draft.filters:
        yield "    filters:"
        yield from (f"      {name}: {_flow(value)}" for name, value in draft.filters.items())
        return
    params = {param.name: param for param in draft.endpoint.filters}
    fitting = {k: v for k, v in _SUGGESTED.get(draft.resource, {}).items() if k in params}
    if fitting:
        yield "    # Fewer rows: take the # away from `filters` and from those that you want."
        yield "    # filters:"
    for name, value in fitting.items():
        yield f"    #   {name}: {_flow(value)}  # {params[name].doc}"


def _another(draft: Draft) -> Iterator[str]:
    """A second query, to be taken in."""
    taxa = draft.values if draft.selector == "taxa" else (draft.taxon or "human",)
    resource = "taxonomy" if draft.resource != "taxonomy" else "genome"
    yield "  # A job may hold as many queries as you like, each into the table of its resource."
    yield f"  # - resource: {resource}"
    yield f"  #   taxa: {_flow([_number(value) for value in taxa])}"


def _named(draft: Draft) -> str:
    few = ", ".join(draft.values[:_NAMED])
    more = f" and {len(draft.values) - _NAMED} more" if len(draft.values) > _NAMED else ""
    return f"{few}{more}" + (f" in {draft.taxon}" if draft.taxon else "")


def _flow(value: object) -> str:
    """A value as one line of YAML."""
    text = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=10**6)
    return str(text).strip()[1:-1]


def _number(value: str) -> int | str:
    return int(value) if value.isdigit() else value


def _sample(param: Param) -> str:
    if param.kind == "bool":
        return "true"
    return param.choices[0] if param.choices else "2026-01-31" if param.kind == "date" else "…"


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_NAME].strip("-")


def first_question(resource: Resource) -> str:
    """SQL that shows what is in a resource's table."""
    called = [".".join(resource.called)] if resource.called else []
    columns = dict.fromkeys([*resource.key, *called])
    names = ", ".join(columns)
    return f"SELECT {names} FROM {resource.name} LIMIT 5"  # noqa: S608 - shown, not run
