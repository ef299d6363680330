"""The words of all commands, kept in a file: completion and the overview need import none of them.

`python -m harvester.cli.words > harvester/cli/words.json` renews the file.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from harvester.cli.values import completer

__all__ = ["described", "render", "stand_in", "summary"]

_FILE = Path(__file__).with_name("words.json")
_LONG = 100

Words = dict[str, Any]


def described(command: click.Command) -> Words:
    """What completion has to know of a command."""
    context = click.Context(command, info_name=command.name)
    told: Words = {
        "help": command.get_short_help_str(_LONG),
        "params": [_param(one) for one in command.params],
    }
    if isinstance(command, click.Group):
        names = command.list_commands(context)
        inner = {name: command.get_command(context, name) for name in names}
        told["commands"] = {name: described(one) for name, one in inner.items() if one}
    return told


def render(group: click.Command) -> str:
    """The text of the file."""
    return json.dumps(described(group)["commands"], indent=1) + "\n"


def summary(name: str) -> str:
    """What a command does, in a line; nothing where the file does not know it."""
    return str(_known().get(name, {}).get("help", ""))


def stand_in(name: str) -> click.Command | None:
    """A command that can be completed and not called; none where the file does not know it."""
    told = _known().get(name)
    return _command(name, told) if told else None


@cache
def _known() -> Words:
    known: Words = json.loads(_FILE.read_text(encoding="utf-8"))
    return known


def _param(param: click.Parameter) -> Words:
    told: Words = {"name": param.name, "words": [*param.opts, *param.secondary_opts]}
    if isinstance(param, click.Argument):
        told |= {"nargs": param.nargs}
    elif isinstance(param, click.Option):
        told |= {"flag": param.is_flag, "multiple": param.multiple, "help": param.help}
    if isinstance(param.type, click.Choice):
        told["choices"] = [str(choice) for choice in param.type.choices]
    if param.metavar or isinstance(param, click.Argument):
        told["metavar"] = param.metavar or (param.name or "").upper()
    return {key: value for key, value in told.items() if value not in (None, False, "")}


def _command(name: str, told: Words) -> click.Command:
    params = [_made(one) for one in told["params"]]
    if "commands" not in told:
        return click.Command(name, params=params, short_help=told["help"])
    group = click.Group(name, params=params, short_help=told["help"])
    for inner, words in told["commands"].items():
        group.add_command(_command(inner, words))
    return group


def _made(told: Words) -> click.Parameter:
    kind = click.Choice(told["choices"]) if "choices" in told else click.STRING
    values = None if "choices" in told else completer(told.get("metavar", ""))
    if "nargs" in told:
        return click.Argument(
            [told["name"]], required=False, nargs=told["nargs"], type=kind, shell_complete=values
        )
    if told.get("flag"):
        return click.Option([*told["words"], told["name"]], is_flag=True, help=told.get("help"))
    return click.Option(
        [*told["words"], told["name"]],
        multiple=told.get("multiple", False),
        help=told.get("help"),
        type=kind,
        shell_complete=values,
    )


if __name__ == "__main__":
    # The commands know this module; so it cannot know them before it is whole.
    sys.stdout.write(render(import_module("harvester.cli.main").cli))
