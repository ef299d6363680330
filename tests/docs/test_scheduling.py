"""Each guide of docs/scheduling.md, taken apart and held against the program."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from configparser import RawConfigParser
from pathlib import Path, PurePosixPath
from typing import Any

import click
import pytest
import yaml

from harvester.cli.main import cli
from harvester.schedule.clock import SystemClock
from harvester.schedule.figures import Figures
from harvester.settings import Settings
from harvester.spec import load_job, load_jobs
from harvester.spec.cron import cron_fault

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scheduling.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
DOCUMENTS = [
    document
    for language, body in BLOCKS
    if language == "yaml"
    for document in yaml.safe_load_all(body)
]
JOBS = [body for language, body in BLOCKS if language == "yaml" and "\nharvest:" in body]
UNITS = [body for language, body in BLOCKS if language == "ini"]
CRONTAB = re.compile(r"^((?:[\d*]\S*\s+){4}\S+)\s{2,}(.+)$", re.MULTILINE)
CRON = [
    (match[1], match[2])
    for language, body in BLOCKS
    if language == "text"
    for match in CRONTAB.finditer(body)
]


def of_kind(kind: str) -> dict[str, Any]:
    (found,) = [one for one in DOCUMENTS if one.get("kind") == kind]
    return dict(found)


def understood(words: list[str]) -> click.Context:
    """The command line as the program reads it; an unknown option would end it here."""
    command = cli.get_command(click.Context(cli), words[0])
    assert command is not None, words
    return command.make_context(words[0], list(words[1:]))


def without_redirection(line: str) -> list[str]:
    words = shlex.split(line.partition(">>")[0])
    program = words.index("/opt/harvester/bin/harvester")
    assert words[:program] == ["cd", "/srv/harvest", "&&"]
    return words[program + 1 :]


def unit(text: str) -> RawConfigParser:
    parser = RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return parser


def test_there_is_something_to_look_at() -> None:
    assert (len(JOBS), len(UNITS), len(CRON)) == (2, 3, 3)
    assert len(DOCUMENTS) == 7


@pytest.mark.parametrize("body", JOBS)
def test_each_shown_job_is_fine(body: str, tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(body)
    assert load_job(tmp_path / "job.yaml").schedule


@pytest.mark.parametrize(("times", "line"), CRON)
def test_each_line_of_the_crontab_is_one(times: str, line: str) -> None:
    assert cron_fault(times) == ""
    assert "%" not in line, "cron would end the command there"
    params = understood(without_redirection(line)).params
    assert len(load_jobs(str(ROOT / job) for job in params.get("jobs", ()))) in (0, 1, 2)


@pytest.mark.parametrize("text", UNITS)
def test_each_unit_is_whole(text: str) -> None:
    parser = unit(text)
    assert parser["Unit"]["Description"]
    if "Timer" in parser:
        assert parser["Timer"]["OnCalendar"].endswith(" UTC")
        assert parser["Timer"].getboolean("Persistent")
        assert parser["Install"]["WantedBy"] == "timers.target"
        return
    service = parser["Service"]
    program, *words = shlex.split(service["ExecStart"])
    assert program == "/opt/harvester/bin/harvester"
    jobs = load_jobs(str(ROOT / job) for job in understood(words).params["jobs"])
    assert jobs
    name, _, _ = service["LoadCredential"].partition(":")
    assert service["Environment"] == f"NCBI_API_KEY_FILE=%d/{name}"
    assert service["ReadWritePaths"] == service["WorkingDirectory"]
    if words[0] == "schedule":
        assert all(job.schedule for job in jobs)
        assert service["KillMode"] == "mixed"
        assert service["SuccessExitStatus"].split() == ["130", "143"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_finds_no_fault_with_the_units(tmp_path: Path) -> None:
    names = ("harvester.service", "harvester.timer", "harvester-schedule.service")
    for name, text in zip(names, UNITS, strict=True):
        there = text.replace("/opt/harvester/bin/harvester", shutil.which("true") or "/bin/true")
        (tmp_path / name).write_text(there)
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / name) for name in names)],  # noqa: S607
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Unknown" not in done.stderr
    assert done.returncode == 0, done.stderr


# Kubernetes.


def pod() -> dict[str, Any]:
    template = of_kind("CronJob")["spec"]["jobTemplate"]["spec"]["template"]
    return dict(template["spec"])


def test_the_cron_job_runs_a_job_that_the_config_map_holds(tmp_path: Path) -> None:
    (container,) = pod()["containers"]
    (path,) = understood(container["args"]).params["jobs"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert PurePosixPath(path).is_relative_to(mounts["jobs"])
    name = PurePosixPath(path).name
    (tmp_path / name).write_text(of_kind("ConfigMap")["data"][name])
    assert load_job(tmp_path / name).queries
    spec = of_kind("CronJob")["spec"]
    assert cron_fault(spec["schedule"]) == ""
    assert (spec["timeZone"], spec["concurrencyPolicy"]) == ("Etc/UTC", "Forbid")


def test_what_the_pod_mounts_is_there() -> None:
    (container,) = pod()["containers"]
    volumes = {volume["name"]: volume for volume in pod()["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
    assert volumes["jobs"]["configMap"]["name"] == of_kind("ConfigMap")["metadata"]["name"]
    claim = of_kind("PersistentVolumeClaim")["metadata"]["name"]
    assert volumes["data"]["persistentVolumeClaim"]["claimName"] == claim
    assert volumes["ncbi"]["secret"]["defaultMode"] == 0o440


def test_the_pod_is_told_where_all_lies_and_who_it_is() -> None:
    (container,) = pod()["containers"]
    variables = {one["name"]: one["value"] for one in container["env"]}
    key = PurePosixPath(variables.pop("NCBI_API_KEY_FILE"))
    settings = Settings.load(variables)
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert str(key.parent) == mounts["ncbi"]
    for place in (settings.lake, settings.database):
        assert place is not None
        assert PurePosixPath(place).is_relative_to(mounts["data"])
    user = re.search(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert user is not None
    who = pod()["securityContext"]
    assert (who["runAsUser"], who["fsGroup"]) == (int(user[1]), int(user[2]))


def test_what_trying_again_cannot_mend_is_not_tried_again() -> None:
    spec = of_kind("CronJob")["spec"]["jobTemplate"]["spec"]
    (rule,) = spec["podFailurePolicy"]["rules"]
    (container,) = pod()["containers"]
    assert rule["onExitCodes"]["values"] == [1, 2, 3]
    assert rule["onExitCodes"]["containerName"] == container["name"]
    assert pod()["restartPolicy"] == "Never"


# Prometheus.


def _families() -> set[str]:
    """The names of all figures as Prometheus stores them."""
    families = Figures([], SystemClock()).collect()
    return {f"{one.name}_total" if one.type == "counter" else one.name for one in families}


def _shown() -> Iterator[str]:
    for one in DOCUMENTS:
        for group in one.get("groups", ()):
            for rule in group["rules"]:
                yield from re.findall(r"harvester_\w+", rule["expr"])


def test_the_table_names_all_figures_and_the_alerts_no_others() -> None:
    told = set(re.findall(r"^\| `(harvester_\w+)` \|", PAGE, re.MULTILINE))
    assert told == _families()
    assert set(_shown()) <= told
    assert len(list(_shown())) == 2
