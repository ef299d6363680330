"""A page under test, served as the command serves it, and what asks it over real HTTP."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from harvester.browse import Limits, serve

__all__ = ["Reply", "Site", "served"]


class Reply:
    """An answer, read to its end."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self) -> str:
        return self.body.decode()


class Site:
    """One address."""

    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        self.host, self.port, self.path = parts.hostname, parts.port, parts.path

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers or {}))
            return Reply(connection.getresponse())
        finally:
            connection.close()

    def get(self, path: str = "", **headers: str) -> Reply:
        return self.send("GET", self.path + path, headers=headers)

    def ask(self, what: str, **asked: Any) -> dict[str, Any]:
        """The answer to a question."""
        reply = self.send(
            "POST",
            f"{self.path}answers/{what}",
            json.dumps(asked).encode(),
            {"Content-Type": "application/json"},
        )
        assert reply.status == 200, reply.text
        document: dict[str, Any] = json.loads(reply.body)
        return document

    def sql(self, statement: str) -> dict[str, Any]:
        return self.ask("sql", sql=statement)

    def download(self, form: str, **asked: Any) -> Reply:
        body = urlencode({"asked": json.dumps(asked), "format": form}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", f"{self.path}download", body, kind)


@contextmanager
def served(path: Path, limits: Limits | None = None) -> Iterator[Site]:
    """Serves a database until the block ends."""
    ready, found, loop = threading.Event(), [], asyncio.new_event_loop()
    over = asyncio.Event()

    async def run() -> None:
        async with serve(path, limits=limits) as url:
            found.append(url)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        assert ready.wait(20)
        yield Site(found[0])
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
