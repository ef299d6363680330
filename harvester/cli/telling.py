"""A run's summary: a document for programs, one line and what went wrong for people."""

from __future__ import annotations

import json

import click

from harvester.summary import Summary
from harvester.texts import json_line, printable

__all__ = ["tell"]


def tell(summary: Summary, *, as_json: bool) -> None:
    """The summary on stdout; for people, what failed and what is unknown on stderr."""
    if as_json:
        click.echo(json_line(json.dumps(summary.document(), ensure_ascii=False)))
        return
    click.echo(summary.line())
    for entry in summary.failed:
        click.echo(printable(f"  failed: {entry['query']}: {entry['reason']}"), err=True)
    for entry in summary.missing:
        what = f"{entry['resource']} {entry['selector']} {entry['value']}"
        click.echo(printable(f"  unknown: {what}: {entry['reason']}"), err=True)
