"""One handler for each thing that the page can ask for."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from aiohttp import web

from harvester.browse import answers, closer
from harvester.browse.documents import Document, table_of
from harvester.browse.download import FORMATS, Format
from harvester.browse.reader import Reader, Seat
from harvester.browse.snapshot import Snapshot
from harvester.errors import SpecError
from harvester.look import ask, reader, selection
from harvester.publish.workbench import Connection

__all__ = ["ANSWERS", "Desk"]

_Answer = Callable[[Snapshot, Connection, Mapping[str, Any]], Document]
#: What is asked for by its name, with a document that says more.
ANSWERS: Mapping[str, _Answer] = {
    "changes": closer.changed_rows,
    "column": closer.column,
    "count": answers.count,
    "filled": answers.filled,
    "row": closer.row,
    "rows": answers.rows,
    "sql": answers.sql,
    "table": answers.table,
}
#: What is the same as long as the file is.
_ONCE = ("changes", "filled", "table")
#: Downloads at a time: they may take long, and the page wants to go on.
_DOWNLOADS = 2


class Desk:
    """Takes questions, hands out answers."""

    def __init__(self, source: Reader, seconds: float, download_seconds: float) -> None:
        self._source = source
        self._seconds = seconds
        self._download_seconds = download_seconds
        self._downloads = asyncio.Semaphore(_DOWNLOADS)

    async def overview(self, request: web.Request) -> web.StreamResponse:
        """The database and its tables."""
        del request
        async with self._source.seat() as seat:
            snapshot = seat.snapshot

            def work() -> object:
                return snapshot.once("", lambda: answers.overview(snapshot, seat.cursor))

            told: Any = await seat.ask(work, self._seconds)
            name = self._source.path.name
            return _json({"name": name, "snapshot": snapshot.number, **told})

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One of the answers."""
        what = request.match_info["what"]
        if what not in ANSWERS:
            raise web.HTTPNotFound
        asked = await _document(request)
        began = time.monotonic()
        async with self._source.seat() as seat:
            try:
                told = await seat.ask(_work(seat, what, asked), self._seconds)
            except SpecError as error:
                if what == "sql":
                    raise
                # DuckDB shows where in the statement the fault lies: of use in one's own only.
                raise SpecError(str(error).partition("\n")[0]) from error
            seconds = round(time.monotonic() - began, 3)
            return _json({**told, "seconds": seconds, "snapshot": seat.snapshot.number})

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The rows of a table or of a statement, all of them, as a file."""
        form = await request.post()
        try:
            asked = _parsed(str(form.get("asked")))
            return await self._file(request, asked, str(form.get("format")))
        except SpecError as error:
            return web.Response(status=400, text=f"{error}\n")

    async def _file(
        self, request: web.Request, asked: Mapping[str, Any], name: str
    ) -> web.StreamResponse:
        if name not in FORMATS:
            raise SpecError(f"there is no format {name!r}: there are {', '.join(FORMATS)}")
        async with self._downloads, self._source.seat() as seat:
            pieces = await seat.ask(lambda: _pieces(seat, asked, FORMATS[name]), self._seconds)
            file = f"{asked.get('table') or 'query'}.{name}"
            return await self._sent(request, seat, pieces, FORMATS[name], file)

    async def _sent(
        self,
        request: web.Request,
        seat: Seat,
        pieces: Iterator[bytes],
        form: Format,
        file: str,
    ) -> web.StreamResponse:
        """Sends piece by piece; what fails half-way must not look like a whole file."""
        deadline = time.monotonic() + self._download_seconds
        piece = await seat.ask(lambda: next(pieces, None), self._download_seconds)
        disposition = f'attachment; filename="{file}"'
        headers = {"Content-Type": form.media, "Content-Disposition": disposition}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        try:
            while piece is not None:
                await response.write(piece)
                left = deadline - time.monotonic()
                piece = await seat.ask(lambda: next(pieces, None), left)
        except SpecError:
            if request.transport is not None:
                request.transport.abort()
        return response


def _work(seat: Seat, what: str, asked: Mapping[str, Any]) -> Callable[[], Document]:
    def work() -> Document:
        return ANSWERS[what](seat.snapshot, seat.cursor, asked)

    if what not in _ONCE:
        return work

    def once() -> Document:
        name = json.dumps([what, asked.get("table")])
        told: Any = seat.snapshot.once(name, work)
        return dict(told)

    return once


def _pieces(seat: Seat, asked: Mapping[str, Any], form: Format) -> Iterator[bytes]:
    if asked.get("sql"):
        return form.pieces(ask(seat.cursor, str(asked["sql"])))
    chosen = selection(table_of(seat.snapshot, asked), asked)
    return form.pieces(reader(seat.cursor, chosen.rows()))


async def _document(request: web.Request) -> Mapping[str, Any]:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    return _parsed(await request.read())


def _parsed(text: str | bytes) -> Mapping[str, Any]:
    try:
        asked = json.loads(text)
    except ValueError as error:
        raise web.HTTPBadRequest(text="This is no JSON.\n") from error
    if not isinstance(asked, dict):
        raise web.HTTPBadRequest(text="A JSON object is expected.\n")
    return asked


def _json(document: Mapping[str, Any]) -> web.Response:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return web.Response(text=text, content_type="application/json")
