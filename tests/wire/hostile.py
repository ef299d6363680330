"""A real HTTP server on a thread that answers whatever a function says, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

JSON, NDJSON = "application/json", "application/x-ndjson"


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Told:
    """One answer; `raw` bytes go onto the wire as they are, in place of status and headers."""

    body: bytes = b""
    status: int = 200
    kind: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = None


Answer = Callable[[Asked], Told]


@dataclass
class Server:
    """Where it listens, and what it was asked."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def serve(answer: Answer, host: str = "127.0.0.1") -> Iterator[Server]:
    """Serves until the block is left."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 2**16
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            asked = Asked(self.command, self.path, dict(self.headers), self.rfile.read(size))
            server.asked.append(asked)
            self._tell(answer(asked))

        do_POST = do_GET  # noqa: N815 - http.server's names

        def _tell(self, told: Told) -> None:
            if told.raw is not None:
                self.wfile.write(told.raw)
                self.close_connection = True
                return
            self.send_response(told.status)
            self.send_header("Content-Type", told.kind)
            self.send_header("Content-Length", str(len(told.body)))
            for name, value in told.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, *_: object) -> None:
            """Says nothing: stderr belongs to the program under test."""

    with ThreadingHTTPServer((host, 0), Handler) as http:
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        server.url = f"http://{host}:{http.server_address[1]}"
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


def page_number(asked: Asked) -> int:
    """Which page was asked for, where the tokens are p1, p2, …"""
    token = parse_qs(urlsplit(asked.target).query).get("page_token", ["p0"])[0]
    return int(token[1:])
