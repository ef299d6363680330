"""The page itself: the few files that lie in the package, and no others."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from aiohttp import web

__all__ = ["INDEX", "page_file"]

INDEX = "index.html"
_MEDIA = {
    "css": "text/css",
    "html": "text/html",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}


async def page_file(request: web.Request) -> web.Response:
    """One of the files; nothing that a request says becomes a path."""
    name = request.match_info.get("file") or INDEX
    if name not in _files():
        raise web.HTTPNotFound
    media = _MEDIA[name.rpartition(".")[2]]
    return web.Response(body=_files()[name], content_type=media, charset="utf-8")


@cache
def _files() -> dict[str, bytes]:
    folder = files("harvester.browse").joinpath("page")
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}
