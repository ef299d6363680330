"""`hooks` of a job: the commands that are told how a run ended, as lists of arguments."""

from __future__ import annotations

from harvester.model import Hooks
from harvester.spec.faults import Faults
from harvester.spec.fields import items, span, table, text
from harvester.spec.keys import check_keys
from harvester.spec.nodes import Entry, Table
from harvester.spec.rules import HOOK_KEYS, HOOK_TIMEOUT, HOOKS

__all__ = ["read_hooks"]

_NONE = Hooks()


def read_hooks(entry: Entry | None, faults: Faults) -> Hooks:
    """The commands; none where the job names none."""
    given = table("'hooks'", entry.value, faults) if entry else None
    if given is None:
        return _NONE
    check_keys(given, HOOK_KEYS, faults)
    timeout = given.get("timeout")
    seconds = span("'timeout'", timeout.value, HOOK_TIMEOUT, faults) if timeout else None
    commands = {name: _command(given, name, faults) for name in HOOKS}
    return Hooks(**commands, timeout=seconds or _NONE.timeout)


def _command(given: Table, name: str, faults: Faults) -> tuple[str, ...]:
    """A program and its arguments, each as it is: there is no shell that would take them apart."""
    entry = given.get(name)
    nodes = (items(entry, faults) or ()) if entry else ()
    words = [text(f"an item of {name!r}", node, faults) for node in nodes]
    return tuple(word for word in words if word is not None)
