"""Reads a request: path values, query or body become a checked `Ask`, or a refusal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from harvester.sandbox.asks import Ask, Refusal
from harvester.sandbox.noise import whole
from harvester.sandbox.params import Param
from harvester.sandbox.routes import Route

__all__ = ["read_ask"]

_PAGE, _MOST = 20, 1000
#: Lists above this time out at NCBI.
_LONGEST_LIST = 2000
#: So many parameters at once are too many for the summary of viruses.
_TOO_MANY = 12
_SELECTORS = {
    "accessions": "accessions", "accession": "accessions", "gene_ids": "ids", "taxons": "taxa",
    "taxon": "taxa", "symbols_for_taxon.symbols": "symbols", "filter.accessions": "accessions",
    "filter.taxon": "taxa", "filter.taxons": "taxa", "locus_tags": "locus_tags",
}  # fmt: skip
_HANDLED = {"page_size", "page_token", "api_key", "table_format", "include_tabular_header"}
_TRUE, _FALSE = {"1", "t", "true"}, {"0", "f", "false"}

Pairs = list[tuple[str, str]]


def read_ask(route: Route, values: tuple[str, ...], query: Pairs, body: bytes) -> Ask:
    """What a request asks for."""
    pairs = query if route.method == "GET" else query + list(_flatten(_json(body)))
    named = _group(pairs)
    _check_names(named, route)
    if route.family == "virus_summary" and len(named) >= _TOO_MANY:
        raise Refusal(400, "Invalid argument provided: this combination of parameters.")
    checked = {
        name: _check(name, several, route.params[name])
        for name, several in named.items()
        if name in route.params
    }
    selector, wanted, taxon = _selected(route, values, checked)
    return Ask(
        route.family, selector, wanted, taxon, tuple(_filters(checked, route)),
        _size(checked), checked.get("page_token", ("",))[-1],
    )  # fmt: skip


def _json(body: bytes) -> Any:  # noqa: ANN401 - whatever a caller sends
    try:
        document = json.loads(body or b"{}")
    except ValueError as error:
        raise Refusal(400, "Invalid argument provided: the body is not JSON.") from error
    if not isinstance(document, dict):
        raise Refusal(400, "Invalid argument provided: the body is not an object.")
    return document


def _flatten(value: Any, name: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    """The leaves of a body under dotted names in snake_case."""
    if isinstance(value, dict):
        for key, inner in value.items():
            snake = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()
            yield from _flatten(inner, f"{name}.{snake}" if name else snake)
    elif isinstance(value, list):
        for inner in value:
            yield from _flatten(inner, name)
    elif value is not None:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)


def _group(pairs: Pairs) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for name, value in pairs:
        named.setdefault(name, []).append(value)
    return named


def _check_names(named: Iterable[str], route: Route) -> None:
    for name in named:
        if name not in route.params and name != "api_key":
            message = f"Invalid argument provided: 'invalid path: \"{name}\" is not a message'."
            raise Refusal(400, message)


def _check(name: str, values: list[str], param: Param) -> tuple[str, ...]:
    """The values of one parameter in their plain form."""
    if param.type in {"texts", "choices"} and name != "filters.search_text":
        values = [part for value in values for part in value.split(",") if part]
    for value in values:
        if not _fits(value, param):
            raise Refusal(400, f"Invalid argument provided: '{name}' cannot be '{value}'.")
    if param.type == "flag":
        return ("true" if values[-1].lower() in _TRUE else "false",)
    return tuple(values)


def _fits(value: str, param: Param) -> bool:
    if param.choices:
        return value in param.choices
    if param.type == "flag":
        return value.lower() in _TRUE | _FALSE
    if param.type == "whole":
        return whole(value) is not None
    return param.type != "day" or _is_day(value)


def _is_day(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _selected(
    route: Route, values: tuple[str, ...], named: dict[str, tuple[str, ...]]
) -> tuple[str, tuple[str, ...], str]:
    """The selector, its values, and the taxon that goes with symbols."""
    if route.method == "GET":
        wanted = tuple(part.strip() for part in values[0].split(",")) if values else ()
        taxon = values[1] if len(values) > 1 else ""
        selector = route.selector
    else:
        name = next((one for one in _SELECTORS if one in named and one in route.params), "")
        selector, wanted = _SELECTORS.get(name, ""), named.get(name, ())
        taxon = named.get("symbols_for_taxon.taxon", ("",))[0]
    _check_values(route, selector, wanted)
    return selector, wanted, taxon


def _check_values(route: Route, selector: str, wanted: tuple[str, ...]) -> None:
    if route.family == "version":
        return
    if not selector or not all(wanted) or not wanted:
        raise Refusal(400, "Invalid argument provided: what is asked for is missing.")
    if selector == "ids" and not all(whole(value) is not None for value in wanted):
        raise Refusal(400, "Invalid argument provided: a gene's number has digits only.")
    if len(wanted) > _LONGEST_LIST:
        raise Refusal(500, "Internal server error - request timed out.")


def _filters(
    named: dict[str, tuple[str, ...]], route: Route
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What remains, under bare names; switches that are off are left out."""
    for name, values in named.items():
        selects = route.method == "POST" and name in _SELECTORS
        symbols = name.startswith("symbols_for_taxon.")
        tabular = route.params[name].type == "tabular"
        if name in _HANDLED or selects or symbols or tabular or values == ("false",):
            continue
        yield name.removeprefix("filters.").removeprefix("filter."), values


def _size(named: dict[str, tuple[str, ...]]) -> int:
    asked = int(named.get("page_size", ("0",))[-1])
    return min(asked or _PAGE, _MOST)
