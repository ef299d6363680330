"""Who speaks for NCBI where a request fails: a question like it, which should be answered."""

from __future__ import annotations

from collections import Counter

from harvester.fetch.request import Request

__all__ = ["Witness"]

#: So often the least question may excuse NCBI while no page of a resource has come.
_EXCUSES = 8


class Witness:
    """Remembers a page of each resource that this run has had: it is as hard to answer as others.

    Before the first one there is only the least that can be asked for. That may be answered by an
    NCBI that is too busy for any page, so it is not believed without end.
    """

    def __init__(self) -> None:
        self._had: dict[str, Request] = {}
        self._excused = Counter[str]()

    def remember(self, request: Request, resource: str) -> None:
        """This request has just been answered."""
        if request.small is not None and request.lasts:
            self._had[resource] = request

    def question(self, request: Request, resource: str) -> Request | None:
        """What to ask where this request has failed; none where nothing would tell."""
        like = self._had.get(resource)
        if like is None and self._excused[resource] < _EXCUSES:
            like = request.small
        same = like is None or (like.path, like.body) == (request.path, request.body)
        return None if same else like

    def excuse(self, resource: str) -> None:
        """The question was answered: NCBI is not away."""
        self._excused[resource] += 1
