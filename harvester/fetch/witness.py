"""Who speaks for NCBI where a request fails: a question like it, which should be answered."""

from __future__ import annotations

from collections import Counter

from harvester.fetch.request import Request

__all__ = ["Witness"]

#: So often a question that is easy to answer may excuse NCBI.
_EXCUSES = 8
#: Bytes of an answer that is as hard to give as any.
_HEAVY = 50_000


class Witness:
    """Remembers the heaviest page of each resource that this run has had.

    Before the first one there is only the least that can be asked for. That, or a light page, may
    be answered by an NCBI that is too busy for others, so it is not believed without end.
    """

    def __init__(self) -> None:
        self._had: dict[str, tuple[int, Request]] = {}
        self._excused = Counter[str]()

    def remember(self, request: Request, resource: str, weight: int) -> None:
        """This request has just been answered, with so many bytes."""
        if request.small is not None and request.lasts and weight >= self._weight(resource):
            self._had[resource] = weight, request

    def question(self, request: Request, resource: str) -> Request | None:
        """What to ask where this request has failed; none where nothing would tell."""
        weight, like = self._had.get(resource, (0, request.small))
        if like is not None and _same(like, request):
            weight, like = 0, request.small
        easy = weight < _HEAVY
        if like is None or _same(like, request) or (easy and self._excused[resource] >= _EXCUSES):
            return None
        self._excused[resource] += easy
        return like

    def had(self, resource: str) -> Request | None:
        """The heaviest page of a resource that this run has had, if any."""
        return self._had[resource][1] if resource in self._had else None

    def _weight(self, resource: str) -> int:
        return self._had[resource][0] if resource in self._had else 0


def _same(one: Request, other: Request) -> bool:
    return (one.path, one.body) == (other.path, other.body)
