"""One chain and page to method, path, query and body: the only place that builds NCBI's URLs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import inf
from urllib.parse import quote, urlencode

from msgspec import Struct
from msgspec.structs import replace

from harvester.catalogue import PAGE_SIZE, Endpoint
from harvester.model import Chain, FilterValue

__all__ = ["Request", "build", "smallest"]

#: Above this a list of identifiers travels in a POST body: gateways refuse long URLs.
LONGEST_PATH = 1800

Json = str | int | bool | list["Json"] | dict[str, "Json"]


class Request(Struct, frozen=True):
    """A request below the base URL, ready to be sent.

    `lenient` takes lines for what they are, even a last one that is cut off. `behind` are the
    requests that can only follow this one, infinitely many where nobody knows. `small` is a
    question like it that is easy to answer.
    """

    method: str
    path: str
    accept: str
    body: bytes | None = None
    lenient: bool = False
    behind: float = inf
    small: Request | None = None

    @property
    def lasts(self) -> bool:
        """Whether it can be asked again at any time: page tokens go stale."""
        return "page_token" not in self.path and b"page_token" not in (self.body or b"")


def build(
    chain: Chain,
    endpoint: Endpoint,
    token: str = "",
    *,
    ndjson: bool = True,
    page_size: int = PAGE_SIZE,
) -> Request:
    """The request for one page; the same chain and token always give the same request."""
    paging = _paging(endpoint, token, page_size)
    accept = "application/x-ndjson" if ndjson and endpoint.ndjson else "application/json"
    if endpoint.post_path and _too_long(chain, endpoint):
        return Request("POST", endpoint.post_path, accept, _body(chain, endpoint, paging))
    path = _path(chain, endpoint)
    query = urlencode([*_parameters(chain, endpoint), *paging.items()])
    return Request("GET", f"{path}?{query}" if query else path, accept)


def smallest(chain: Chain, endpoint: Endpoint) -> Request:
    """The least that can be asked for where a chain asks for much."""
    one = replace(chain, values=chain.values[:1], sent=chain.sent[:1])
    return build(one, endpoint, ndjson=False, page_size=1)


def _paging(endpoint: Endpoint, token: str, page_size: int) -> dict[str, str | int]:
    if not endpoint.paged:
        return {}
    paging: dict[str, str | int] = {"page_size": page_size}
    return paging | ({"page_token": token} if token else {})


def _path(chain: Chain, endpoint: Endpoint) -> str:
    values = ",".join(quote(value, safe="") for value in chain.sent or chain.values)
    return endpoint.path.format(values, quote(_taxon(chain), safe=""))


def _too_long(chain: Chain, endpoint: Endpoint) -> bool:
    """Whether the path is; of a long list that is told without writing it."""
    values = chain.sent or chain.values
    return sum(map(len, values)) > LONGEST_PATH or len(_path(chain, endpoint)) > LONGEST_PATH


def _taxon(chain: Chain) -> str:
    return chain.sent_taxon or chain.taxon or ""


def _parameters(chain: Chain, endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    wire = {param.name: param.wire_name for param in endpoint.filters}
    for name, value in _filters(chain).items():
        for one in value if isinstance(value, tuple) else (value,):
            yield wire[name], _text(one)


def _filters(chain: Chain) -> dict[str, FilterValue]:
    """The job's filters, with those that cut a shard out."""
    return dict(chain.filters) | dict(chain.shard)


def _text(value: str | int | bool) -> str:  # noqa: FBT001 - a filter's value, not a switch
    return str(value).lower() if isinstance(value, bool) else str(value)


def _body(chain: Chain, endpoint: Endpoint, paging: dict[str, str | int]) -> bytes:
    body: dict[str, Json] = {}
    whole = endpoint.value_kind == "int"
    _nest(body, endpoint.post_field, [int(v) if whole else v for v in chain.sent or chain.values])
    if endpoint.post_companion and chain.taxon:
        _nest(body, endpoint.post_companion, _taxon(chain))
    wire = {param.name: param.wire_name for param in endpoint.filters}
    for name, value in _filters(chain).items():
        _nest(body, wire[name], _json(value))
    if "sort" in body:
        body["sort"] = [body["sort"]]  # a body may hold several sort keys
    return json.dumps(body | paging, separators=(",", ":")).encode()


def _json(value: FilterValue) -> Json:
    return list(value) if isinstance(value, tuple) else value


def _nest(body: dict[str, Json], name: str, value: Json) -> None:
    """Puts a value under a dotted name: each dot is one level of the document."""
    *outer, last = name.split(".")
    for step in outer:
        inner = body.setdefault(step, {})
        if not isinstance(inner, dict):
            message = f"{name} does not fit into the request's body"
            raise TypeError(message)
        body = inner
    body[last] = value
