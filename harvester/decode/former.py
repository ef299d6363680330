"""Reports in layouts that NCBI no longer writes: each value moves to where it stands today.

Only what means the same moves, and only where its place is free; the rest stays where it is, and
so goes to `_extra`. What today's answers hold is not touched: they never look like this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harvester.decode.names import snake
from harvester.schema import camel

__all__ = ["todays"]

Object = dict[str, Any]
Path = tuple[str, ...]

#: Data packages of 2021 and 2022 wrote the organism flat, and the accession among its facts.
_GENOME: tuple[tuple[Path, Path], ...] = (
    (("assembly_info", "assembly_accession"), ("accession",)),
    (("assembly_info", "current_assembly_accession"), ("current_accession",)),
    (("assembly_info", "paired_assembly_accession"), ("paired_accession",)),
    (("assembly_info", "biosample_accession"), ("assembly_info", "biosample", "accession")),
    (("assembly_info", "ucsc_assm_name"), ("assembly_info", "synonym")),
    (("annotation_info", "source"), ("annotation_info", "provider")),
    (("organism_name",), ("organism", "organism_name")),
    (("common_name",), ("organism", "common_name")),
    (("tax_id",), ("organism", "tax_id")),
    *(
        ((name,), ("organism", "infraspecific_names", name))
        for name in ("breed", "cultivar", "ecotype", "isolate", "sex", "strain")
    ),
)
#: Until 2023 an annotation of a gene named its release so, and listed its assemblies.
_ANNOTATION: tuple[tuple[Path, Path], ...] = (
    (("release_date",), ("annotation_release_date",)),
    (("release_name",), ("annotation_name",)),
)


def todays(resource: str, report: Object) -> Object:
    """The report as NCBI would lay it out today; the given one may be changed for it."""
    change = _CHANGES.get(resource)
    if change is not None:
        change(report)
    return report


def _genome(report: Object) -> None:
    if _get(report, "accession") is None and _at(report, ("assembly_info", "assembly_accession")):
        _move(report, _GENOME)


def _gene(report: Object) -> None:
    annotations = _get(report, "annotations")
    for annotation in annotations if isinstance(annotations, list) else ():
        if type(annotation) is dict:
            _move(annotation, _ANNOTATION)
            _unfold(annotation)


def _unfold(annotation: Object) -> None:
    """The one assembly of an annotation becomes part of it; several stay as they are."""
    listed = _get(annotation, "assemblies_in_scope")
    if not isinstance(listed, list) or len(listed) != 1 or type(listed[0]) is not dict:
        return
    (assembly,) = listed
    told = {f"assembly_{snake(name)}": value for name, value in assembly.items()}
    free = all(_get(annotation, name) is None for name in told)
    if free and told.keys() <= {"assembly_accession", "assembly_name"}:
        del annotation[_key(annotation, "assemblies_in_scope")]
        annotation.update(told)


def _move(report: Object, moves: Sequence[tuple[Path, Path]]) -> None:
    for source, target in moves:
        holder = _at(report, source[:-1])
        value = _get(holder, source[-1]) if type(holder) is dict else None
        if value is not None and _put(report, target, value):
            del holder[_key(holder, source[-1])]


def _put(report: Object, target: Path, value: object) -> bool:
    """Puts a value at its place, where that is free and can be reached."""
    for name in target[:-1]:
        if _get(report, name) is None:
            report[_key(report, name)] = {}
        report = report[_key(report, name)]
        if type(report) is not dict:
            return False
    if _get(report, target[-1]) is not None:
        return False
    report[_key(report, target[-1])] = value
    return True


def _at(value: Any, path: Path) -> Any:  # noqa: ANN401 - parsed JSON
    for name in path:
        value = _get(value, name) if type(value) is dict else None
    return value


def _get(value: Object, name: str) -> Any:  # noqa: ANN401 - parsed JSON
    return value.get(_key(value, name))


def _key(value: Object, name: str) -> str:
    """The name as the object writes it: in camelCase or in snake_case."""
    twin = camel(name)
    return twin if twin in value and name not in value else name


#: An object that gives a name twice is no plain dict: nothing of it moves.
_CHANGES: Mapping[str, Callable[[Object], None]] = {"genome": _genome, "gene": _gene}
