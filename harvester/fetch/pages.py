"""Follows one chain: ask, hand over, take the next token, never walk in a circle."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from math import ceil, inf

from msgspec import Struct
from msgspec.structs import replace

from harvester.catalogue import PAGE_SIZE, Endpoint, Resource
from harvester.errors import RefusedError, TokenRefused, TransientError
from harvester.fetch.asker import Asker
from harvester.fetch.request import Request, build, smallest
from harvester.model import Chain, Opened, Page

__all__ = ["Mark", "walk"]

#: What an answer is called that came but could not be read.
_BROKEN = frozenset({"not JSON", "truncated"})


class Mark(Struct, frozen=True):
    """Where a chain stands: the next page's number and token, and NCBI's count of its records."""

    epoch: int = 0
    number: int = 0
    token: str = ""
    total: int | None = None

    def behind(self, *, brief: bool) -> float:
        """How many pages follow the next one; who does not know had better ask, but for lists."""
        if self.total is None:
            return 0 if brief else inf
        return max(0, ceil(self.total / PAGE_SIZE) - self.number - 1)


async def walk(
    chain: Chain,
    resource: Resource,
    endpoint: Endpoint,
    mark: Mark,
    asker: Asker,
    emit: Callable[[Page], Awaitable[None]],
) -> None:
    """Walks a chain from a mark to its end; each page is handed over before the next is asked."""
    seen = {mark.token}
    while True:
        opened = await _page(chain, resource, endpoint, mark, asker)
        token = opened.next_token if endpoint.paged else ""
        await emit(
            Page(chain, mark.epoch, mark.number, opened, datetime.now(UTC), next_token=token)
        )
        if not token:
            return
        if token in seen:
            raise RefusedError(200, "the page token repeats, so the pages would never end")
        seen.add(token)
        total = opened.total if mark.total is None else mark.total
        mark = Mark(mark.epoch, mark.number + 1, token, total)


async def _page(
    chain: Chain, resource: Resource, endpoint: Endpoint, mark: Mark, asker: Asker
) -> Opened:
    """One page. The first is asked for as JSON, which alone tells how many records there are."""
    plain = build(chain, endpoint, mark.token, ndjson=mark.number > 0)
    behind = mark.behind(brief=endpoint.is_brief(chain.filters))
    request = replace(plain, behind=behind, small=smallest(chain, endpoint))

    def lines() -> Request:
        return replace(build(chain, endpoint, mark.token), lenient=True)

    try:
        opened = await _ask(request, lines, resource, asker)
        if opened.data or opened.next_token or chain.shard or not endpoint.paged:
            return opened  # a shard may well be empty, and must add up to the whole with the others
        # An empty answer is not proof of absence: it is asked once more before it is believed.
        asker.traffic.again("empty")
        return await asker.ask(request, resource)
    except RefusedError as error:
        if mark.token and error.status == 400:  # noqa: PLR2004
            asker.traffic.again("token refused")
            raise TokenRefused(str(error)) from error
        raise


async def _ask(
    request: Request, lines: Callable[[], Request], resource: Resource, asker: Asker
) -> Opened:
    """A page that stays broken is asked for line by line: only the bad line is lost by that."""
    try:
        return await asker.ask(request, resource)
    except TransientError as error:
        if error.reason not in _BROKEN:
            raise
        return await asker.ask(lines(), resource)
