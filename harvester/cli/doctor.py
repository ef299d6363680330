"""`harvester doctor`: whether a harvest could begin here, and what to do where it could not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import wrap

import click
from msgspec.structs import asdict
from rich.text import Text

from harvester import __version__
from harvester.cli.options import base_url_option, database_option, lake_option
from harvester.cli.screen import console
from harvester.doctor import (
    Finding,
    examine_key,
    examine_lake,
    examine_machine,
    examine_network,
    examine_room,
)
from harvester.errors import SpecError
from harvester.model import Job
from harvester.settings import Settings, environment, key_mask
from harvester.spec import load_job
from harvester.store.lake import Lake
from harvester.texts import json_line, printable

__all__ = ["doctor"]

_SEE_TO_IT = 3
_COLOURS = {"fine": "green", "skipped": "dim", "look": "yellow", "wrong": "bold red"}
_DEFAULT = Job("", ())
_ENDLESS, _NARROWEST = 10_000, 20


@click.command()
@click.argument("jobs", nargs=-1, metavar="[JOB...]")
@lake_option
@database_option
@base_url_option
@click.option("--offline", is_flag=True, help="Ask nobody: leave the network and the clock out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def doctor(
    jobs: tuple[str, ...],
    *,
    lake: str | None,
    database: str | None,
    base_url: str | None,
    offline: bool,
    as_json: bool,
) -> int:
    """Look whether a harvest could begin here and now, and say what to do where it could not.

    Python and packages, memory, disks, the way to NCBI, the clock, the API key, and of each lake
    its lock, files, interrupted runs and database. One small request is sent, and nothing changed.

    \b
    harvester doctor
    harvester doctor jobs/ecoli.yaml --offline
    harvester doctor --json | jq '.checks[] | select(.state != "fine")'

    \b
    Exit status: 0 all is well, 2 bad usage, 3 there is something to see to.
    """
    findings = [*examine_machine(), *_examine(jobs, lake, database, base_url, offline=offline)]
    told = [_without_key(one) for one in findings]
    if as_json:
        checks = [asdict(one) for one in told]
        well = all(one.well for one in told)
        document = {"version": __version__, "well": well, "checks": checks}
        click.echo(json_line(json.dumps(document, ensure_ascii=False)))
    else:
        _print(told)
    return 0 if all(one.well for one in told) else _SEE_TO_IT


def _examine(
    paths: Sequence[str],
    lake: str | None,
    database: str | None,
    base_url: str | None,
    *,
    offline: bool,
) -> Iterator[Finding]:
    """All that depends on settings and jobs; a fault in one does not hide the others."""
    variables = environment()
    jobs, findings = _loaded(paths)
    yield from findings
    folder = lake or variables.get("HARVESTER_LAKE")
    file = database or variables.get("HARVESTER_DATABASE")
    jobs = jobs if paths else [_DEFAULT]
    places = dict.fromkeys((folder or job.lake, file or job.database) for job in jobs)
    yield from examine_room(Path(name) for pair in places for name in pair)
    try:
        settings = Settings.load(variables, base_url=base_url)
    except SpecError as error:
        yield Finding("settings", "wrong", str(error), "no run can begin before that is mended")
    else:
        yield examine_key(settings)
        if offline:
            yield Finding("network", "skipped", "--offline")
        else:
            yield from examine_network(settings, variables)
    for one, other in places:
        yield from examine_lake(Lake(one), Path(other))


def _loaded(paths: Sequence[str]) -> tuple[list[Job], list[Finding]]:
    jobs: list[Job] = []
    findings: list[Finding] = []
    for path in paths:
        try:
            jobs.append(load_job(path))
        except SpecError as error:
            advice = "mend that; `harvester validate` tells when it is fine"
            findings += [Finding("job", "wrong", str(fault), advice) for fault in error.faults]
        else:
            findings.append(Finding("job", "fine", f"{path} can be run"))
    return jobs, findings


def _without_key(one: Finding) -> Finding:
    """The finding as it may be shown: it may quote a path, an address or an answer."""
    mask = key_mask(environment())
    found, advice = (printable(mask.text(text)) for text in (one.found, one.advice))
    return Finding(one.check, one.state, found, advice)


def _print(findings: Sequence[Finding]) -> None:
    screen = console(width=_ENDLESS)
    width = max(len(one.check) for one in findings)
    for one in findings:
        head = Text.assemble((f"{one.state:7}", _COLOURS[one.state]), f"  {one.check:{width}}  ")
        room = max(_NARROWEST, screen.width - len(head))
        lines = [*wrap(one.found, room), *wrap(f"-> {one.advice}" if one.advice else "", room)]
        indent = " " * len(head)
        screen.print(head + Text(f"\n{indent}".join(lines)), soft_wrap=True)
    troubles = sum(not one.well for one in findings)
    things = "1 thing" if troubles == 1 else f"{troubles} things"
    click.echo(f"\n{things} to see to" if troubles else "\nall is well")
