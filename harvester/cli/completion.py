"""`harvester completion`: what a shell has to know to complete the harvester's words."""

from __future__ import annotations

from pathlib import PurePath

import click
from click.shell_completion import get_completion_class

from harvester.errors import SpecError
from harvester.settings import environment

__all__ = ["completion"]

_SHELLS = ("bash", "zsh", "fish")
_PROGRAM, _VARIABLE = "harvester", "_HARVESTER_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS), required=False)
def completion(shell: str | None) -> None:
    """Print the script by which SHELL completes commands, options, jobs, tables and runs.

    Without SHELL it is for the one that you work in. Once the shell has read it, the Tab key knows
    job files by their content, tables by the catalogue and runs by the lake.

    \b
    bash, in ~/.bashrc:              eval "$(harvester completion bash)"
    zsh, in ~/.zshrc, after compinit: eval "$(harvester completion zsh)"
    fish, once:
      harvester completion fish > ~/.config/fish/completions/harvester.fish
    """
    kind = get_completion_class(shell or _current())
    if kind is None:
        raise SpecError(f"give a shell: {', '.join(_SHELLS)}")
    group = click.get_current_context().find_root().command
    click.echo(kind(group, {}, _PROGRAM, _VARIABLE).source())


def _current() -> str:
    """The shell that the environment names."""
    name = PurePath(environment().get("SHELL", "")).name
    if name not in _SHELLS:
        raise SpecError(f"which shell is it? `harvester completion {'|'.join(_SHELLS)}`")
    return name
