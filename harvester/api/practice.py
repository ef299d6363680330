"""A sandbox inside this process, where somebody wants to practise without NCBI."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["served"]


@contextmanager
def served(*, sandbox: bool) -> Iterator[str | None]:
    """The address of a sandbox as long as the block lasts, where one is wanted."""
    if not sandbox:
        yield None
        return
    from harvester.sandbox import SandboxConfig, serve_in_thread  # noqa: PLC0415 - costs a moment

    with serve_in_thread(SandboxConfig()) as found:
        yield found.url
