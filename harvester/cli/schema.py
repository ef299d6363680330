"""`harvester schema`: what NCBI describes and our schemas do not know yet."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import click
from msgspec import Struct
from msgspec.structs import asdict

from harvester.catalogue import RESOURCES
from harvester.decode import inflate
from harvester.errors import RefusedError, SpecError, TransientError
from harvester.fetch import fetch_document
from harvester.schema import (
    CLIENT,
    Description,
    Difference,
    compare,
    installed_client,
    read_openapi,
)
from harvester.settings import environment, web_address
from harvester.spec.files import read_file
from harvester.texts import printable

__all__ = ["schema"]

_DIFFERS = 3
_LARGEST = 64 * 2**20


class _Source(Struct, frozen=True):
    name: str
    description: Description


@click.group()
def schema() -> None:
    """Hold the schemas against what NCBI says of its answers.

    \b
    Is anything new at NCBI?   harvester schema check
    By a file that lies here:  harvester schema check --spec openapi3.yaml
    """


@schema.command()
@click.option(
    "--spec",
    metavar="FILE|URL",
    help=f"NCBI's OpenAPI document [default: the installed {CLIENT}].",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def check(spec: str | None, *, as_json: bool) -> int:
    """Tell what is new, gone or retyped at NCBI, table by table.

    The exit status is 0 where nothing is, and 3 where something differs: fit for a weekly job.
    What is new at NCBI is not lost meanwhile: it lies in `_extra` and is named in `meta.drift`.

    \b
    harvester schema check
    harvester schema check --spec openapi3.yaml --json
    """
    source = _source(spec)
    found = compare(source.description)
    if as_json:
        differences = [asdict(one) for one in found]
        click.echo(json.dumps({"compared_with": source.name, "differences": differences}))
    else:
        click.echo("\n".join(_told(source.name, found)))
    return _DIFFERS if found else 0


def _source(spec: str | None) -> _Source:
    if spec is None:
        client = installed_client()
        return _Source(f"{CLIENT} {client.version}", client)
    text = _fetched(spec) if "://" in spec else read_file(Path(spec), _LARGEST)
    return _Source(spec, read_openapi(text, spec))


def _fetched(url: str) -> str:
    address = web_address(url, environment(), "the address of --spec")
    try:
        reply = asyncio.run(fetch_document(address, _LARGEST))
        body = inflate(reply.body, _LARGEST) if reply.compressed else reply.body
        return body.decode()
    except (RefusedError, TransientError) as error:
        told = str(error).replace("NCBI answered", "the server answered")
        raise SpecError(f"{url} cannot be read: {told}") from error
    except UnicodeDecodeError as error:
        raise SpecError(f"{url} is no text in UTF-8") from error


def _told(source: str, found: Sequence[Difference]) -> list[str]:
    lines = []
    for table in RESOURCES:
        mine = [one for one in found if one.table == table]
        if mine:
            widest = max(len(one.path) for one in mine)
            lines.append(f"{table}:")
            lines += [
                printable(f"  {one.what:7}  {one.path:{widest}}  {one.detail}") for one in mine
            ]
    same = len(RESOURCES) - len({one.table for one in found})
    lines.append(f"{same} of {len(RESOURCES)} tables are as {printable(source)} describes them")
    return lines
