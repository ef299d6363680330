"""The page of commands: what `--help` says of each, taken from click."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from tools.reference.text import plain, table

__all__ = ["commands_page"]

_HEAD = """\
# Commands

What `harvester COMMAND --help` says, on one page. Results go to stdout, everything else to
stderr; what the exit statuses mean stands in [operation](../operation.md#a-nightly-run).

"""
_KEPT = "\b\n"


def commands_page(cli: click.Group) -> str:
    """All commands in the order in which `--help` lists them."""
    top = click.Context(cli, info_name="harvester")
    found = list(_under(top, cli))
    rows = (
        (f"[`{_name(ctx)}`](#{_name(ctx).replace(' ', '-')})", plain(_short(ctx))) for ctx in found
    )
    overview = table(("command", "does"), rows)
    return _HEAD + overview + "".join(f"\n{_section(ctx)}" for ctx in found)


def _under(above: click.Context, group: click.Group) -> Iterator[click.Context]:
    for name in group.list_commands(above):
        command = group.get_command(above, name)
        if command is None or command.hidden:
            continue
        ctx = click.Context(command, info_name=name, parent=above)
        yield ctx
        if isinstance(command, click.Group):
            yield from _under(ctx, command)


def _name(ctx: click.Context) -> str:
    return ctx.command_path.partition(" ")[2]


def _short(ctx: click.Context) -> str:
    return ctx.command.get_short_help_str(limit=200)


def _section(ctx: click.Context) -> str:
    command = ctx.command
    usage = " ".join((ctx.command_path, *command.collect_usage_pieces(ctx)))
    depth = "#" * (1 + len(_name(ctx).split()))
    parts = [f"{depth} `{_name(ctx)}`", f"```text\n{usage}\n```", *_prose(command.help)]
    if options := "\n".join(_options(ctx)):
        parts.append(options)
    return "\n\n".join((*parts, *_prose(command.epilog))) + "\n"


def _prose(text: str | None) -> Iterator[str]:
    """Paragraphs; what click leaves as it is stays so here too."""
    for paragraph in re.split(r"\n{2,}", inspect.cleandoc(text or "")):
        if paragraph.startswith(_KEPT):
            yield f"```text\n{paragraph.removeprefix(_KEPT)}\n```"
        elif paragraph:
            yield plain(paragraph)


def _options(ctx: click.Context) -> Iterator[str]:
    for param in ctx.command.params:
        if record := param.get_help_record(ctx):
            words, meaning = record
            if meaning or isinstance(param, click.Option):
                yield f"- `{words}`" + (f": {plain(meaning)}" if meaning else "")
