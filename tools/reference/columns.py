"""The columns of a table, down to the last leaf, with types and documentation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harvester.publish import type_name
from harvester.schema import Field
from tools.reference.text import listed, plain, table

__all__ = ["columns", "flat_table"]

#: Members that stand on the page already, and where.
_Shown = dict[tuple[Field, ...], str]
#: So many members are named where they come again.
_FEW = 4


def columns(fields: Sequence[Field]) -> str:
    """All columns in one table, then a section for each that is nested."""
    heads = ("column", "type", "holds")
    overview = table(heads, ((_linked(f), f"`{type_name(f)}`", _holds(f)) for f in fields))
    shown: _Shown = {}
    nested = (_section(field, shown) for field in fields if field.fields)
    return "\n".join((overview, *nested))


def flat_table(fields: Sequence[Field]) -> str:
    """All columns and their members in one table."""
    return table(("column", "type", "holds"), _members(fields, "", "", {}))


def _section(field: Field, shown: _Shown) -> str:
    head = f"### `{field.name}`\n\n{plain(field.doc)}"
    if field.fields in shown:
        return f"{head}{_same(field, shown)}\n"
    entries = " It is a list; each entry has these members:" if field.many else ""
    shown[field.fields] = _name(field)
    rows = _members(field.fields, "", _name(field), shown)
    return f"{head}{entries}\n\n{table(('member', 'type', 'holds'), rows)}"


def _members(
    fields: Sequence[Field], above: str, around: str, shown: _Shown
) -> Iterator[tuple[str, ...]]:
    """A struct that stands on the page already is not told twice."""
    for field in fields:
        path = above + _name(field)
        whole = f"{around}.{path}" if around else path
        yield f"`{path}`", f"`{type_name(field)}`", _holds(field) + _same(field, shown)
        if field.fields and field.fields not in shown:
            shown[field.fields] = whole
            yield from _members(field.fields, f"{path}.", around, shown)


def _same(field: Field, shown: _Shown) -> str:
    if field.fields not in shown:
        return ""
    names = [member.name for member in field.fields]
    told = listed(names) if len(names) <= _FEW else "the same members"
    return f" It has {told}, as `{shown[field.fields]}` has."


def _name(field: Field) -> str:
    return f"{field.name}[]" if field.many else field.name


def _linked(field: Field) -> str:
    return f"[`{field.name}`](#{field.name})" if field.fields else f"`{field.name}`"


def _holds(field: Field) -> str:
    known = f" Known values: {listed(field.choices)}." if field.choices else ""
    return plain(field.doc) + known
