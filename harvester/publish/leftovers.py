"""Files that a merge made and no manifest came to name: known by their names, never by guess."""

from __future__ import annotations

import re

from harvester.catalogue import RESOURCES
from harvester.publish.layout import META_TABLES
from harvester.publish.manifest import MANIFEST, Manifest
from harvester.store.lake import Lake

__all__ = ["leftovers"]

_RUN = r"\d{8}T\d{6}Z-[a-z0-9]{4}"
_TABLES = "|".join((*RESOURCES, *META_TABLES))
_FILE = rf"{_RUN}(?:-[a-z0-9_]+)?(?:@[0-9a-f]+)?\.parquet"
#: `genome/RUN-00001.parquet`, `_ended/genome/RUN.parquet`, `_meta/changes/RUN-genome.parquet`.
_WHOLE = re.compile(rf"(?:_[a-z]+/)?(?:{_TABLES})/{_FILE}")
_ASIDE = re.compile(
    rf"(?:_[a-z]+/)?(?:{_TABLES})/\.{_FILE}\.tmp|\.{re.escape(MANIFEST)}\.tmp"
    rf"|_reports/\.{_RUN}\.html\.tmp"
)


def leftovers(lake: Lake, manifest: Manifest) -> list[str]:
    """What the lake's tables do not consist of although the harvester made it.

    A file whose rows the manifest names in another layout stays: an open database may read it. So
    does one that is retired.
    """
    retired = (file.path for file in manifest.retired)
    named = {_stem(path) for path in (*manifest.paths(), *retired)}
    return [
        path
        for path in lake.list("")
        if _ASIDE.fullmatch(path) or (_WHOLE.fullmatch(path) and _stem(path) not in named)
    ]


def _stem(path: str) -> str:
    """The path without the layout's mark."""
    return path.removesuffix(".parquet").partition("@")[0]
