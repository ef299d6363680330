"""A sandbox process for benchmarks: no latency, no limit, a taxon of the wanted size."""

from __future__ import annotations

import gzip
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["fetch_all", "sandbox"]

_TOKEN = "X-Ncbi-Next-Page-Token"  # noqa: S105 - the name of a header


@contextmanager
def sandbox(*arguments: str) -> Iterator[str]:
    """Serves until the block ends; gives the base URL."""
    port = _free_port()
    command = [sys.executable, "-m", "harvester", "sandbox", "--port", str(port), *arguments]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/datasets/v2"
    try:
        _wait_for(f"{url}/version", process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def fetch_all(url: str, folder: Path) -> int:
    """Walks one chain by hand and saves the inflated pages; gives the number of bytes."""
    token, number, size = "", 0, 0
    while True:
        following = f"&page_token={token}" if token else ""
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{url}?page_size=1000{following}",
            headers={"Accept": "application/x-ndjson", "Accept-Encoding": "gzip"},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
            body, token = answer.read(), answer.headers.get(_TOKEN, "")
            data = gzip.decompress(body) if answer.headers.get("Content-Encoding") else body
        (folder / f"{number:05}.ndjson").write_bytes(data)
        number, size = number + 1, size + len(data)
        if not token:
            return size


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit("the sandbox did not start")
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise SystemExit("the sandbox does not answer")
