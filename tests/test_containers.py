"""The image and the compose file, read and held against the code: no engine is needed for that."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import click
import pytest
import yaml

from harvester.cli.main import cli
from harvester.schedule import address
from harvester.settings import Settings
from harvester.spec import load_jobs

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SANDBOX: dict[str, Any] = COMPOSE["services"]["sandbox"]
HARVESTER: dict[str, Any] = COMPOSE["services"]["harvester"]
SCHEDULE: dict[str, Any] = COMPOSE["services"]["schedule"]
SERVICES = pytest.mark.parametrize(
    "service", [SANDBOX, HARVESTER, SCHEDULE], ids=["sandbox", "harvester", "schedule"]
)


class Step(NamedTuple):
    """One instruction of the Dockerfile."""

    word: str
    rest: str


def _steps() -> Iterator[Step]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    joined = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, map(str.strip, joined.splitlines())):
        word, _, rest = line.partition(" ")
        yield Step(word.upper(), " ".join(rest.split()))


STEPS = tuple(_steps())
#: The instructions of the stage that becomes the image.
FINAL = STEPS[max(place for place, step in enumerate(STEPS) if step.word == "FROM") :]


def rests(word: str, steps: tuple[Step, ...] = STEPS) -> list[str]:
    return [step.rest for step in steps if step.word == word]


def copied() -> list[str]:
    """What the image takes from the repository."""
    own = [rest.split() for rest in rests("COPY") if not rest.startswith("--from=")]
    return [source for sources in own for source in sources[:-1]]


def port(service: dict[str, Any]) -> str:
    command: list[str] = service["command"]
    return command[command.index("--port") + 1]


def parsed(service: dict[str, Any]) -> click.Context:
    """The command as the program reads it, with mounted folders where they lie here."""
    name, *arguments = service["command"]
    mounts = [mount.split(":") for mount in service.get("volumes", ()) if mount.startswith("./")]
    for source, target, *_ in mounts:
        arguments = [
            str(ROOT / source / PurePosixPath(argument).relative_to(target))
            if argument.startswith(f"{target}/")
            else argument
            for argument in arguments
        ]
    command = cli.get_command(click.Context(cli), name)
    assert command is not None, name
    return command.make_context(name, arguments)


# The image.


def test_python_is_one_that_the_package_allows() -> None:
    versions = [re.fullmatch(r"python:(3\.\d+)-slim( AS \w+)?", rest) for rest in rests("FROM")]
    minors = {version[1] if version else None for version in versions}
    assert len(minors) == 1
    assert f"Programming Language :: Python :: {minors.pop()}" in PROJECT["project"]["classifiers"]


def test_nothing_is_installed_that_is_not_locked() -> None:
    installs = re.findall(r"pip (?:install|wheel) [^&]+", " && ".join(rests("RUN")))
    assert len(installs) == 4
    for install in installs:
        assert "--require-hashes" in install or "--no-index --no-deps" in install, install


def test_the_image_installs_the_runtime_alone() -> None:
    installs = re.findall(r"/opt/harvester/bin/python -m pip install [^&]+", " ".join(rests("RUN")))
    assert [re.findall(r"requirements/\w+\.txt", one) for one in installs] == [
        ["requirements/runtime.txt"],
        [],
    ]


@pytest.mark.parametrize("source", copied())
def test_what_is_copied_exists_and_reaches_the_builder(source: str) -> None:
    assert (ROOT / source).exists()
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert patterns[0] == "*"
    assert any(fnmatch.fnmatch(source, pattern[1:]) for pattern in patterns if pattern[0] == "!")


def test_what_the_package_is_built_of_is_copied() -> None:
    built_of = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    about = [PROJECT["project"]["readme"], *PROJECT["project"]["license-files"]]
    assert {*built_of, *about, "pyproject.toml"} <= set(copied())


def test_the_user_is_not_root() -> None:
    user = rests("USER", FINAL)[-1].partition(":")[0]
    assert user.isdigit()
    assert int(user) > 0
    assert f"useradd --uid {user} " in " ".join(rests("RUN", FINAL))
    assert FINAL.index(Step("USER", rests("USER", FINAL)[-1])) > max(
        place for place, step in enumerate(FINAL) if step.word in {"RUN", "COPY"}
    )


def test_the_image_is_the_program() -> None:
    assert rests("ENTRYPOINT", FINAL) == ['["harvester"]']
    assert "harvester" in PROJECT["project"]["scripts"]
    assert "/opt/harvester/bin:" in " ".join(rests("ENV", FINAL))
    assert rests("VOLUME", FINAL) == rests("WORKDIR", FINAL) == ["/data"]


# The services.


def test_there_are_three_services_of_one_image() -> None:
    assert set(COMPOSE["services"]) == {"sandbox", "harvester", "schedule"}
    assert SANDBOX["image"] == HARVESTER["image"] == SCHEDULE["image"]
    assert SANDBOX["build"] == HARVESTER["build"] == SCHEDULE["build"] == "."


@SERVICES
def test_the_command_is_one_that_the_program_has(service: dict[str, Any]) -> None:
    assert parsed(service).info_name == service["command"][0]


@SERVICES
def test_a_service_may_do_no_more_than_it_must(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in service
    assert "privileged" not in service


def test_the_sandbox_listens_where_it_is_looked_for() -> None:
    params = parsed(SANDBOX).params
    assert params["host"] == "0.0.0.0"
    assert str(params["port"]) == port(SANDBOX)
    assert SANDBOX["expose"] == [port(SANDBOX)]


def test_the_sandbox_is_asked_whether_it_is_well() -> None:
    word, program, flag, script = SANDBOX["healthcheck"]["test"]
    compile(script, "healthcheck", "exec")
    asked = re.search(r'"(http://[^"]+)"', script)
    assert (word, program, flag) == ("CMD", "python", "-c")
    assert asked is not None
    assert asked[1] == f"http://127.0.0.1:{port(SANDBOX)}/datasets/v2/version"


def test_the_harvester_waits_for_the_sandbox_and_asks_it() -> None:
    assert HARVESTER["depends_on"] == {"sandbox": {"condition": "service_healthy"}}
    settings = Settings.load(HARVESTER["environment"])
    address = urlsplit(settings.base_url)
    assert address.hostname in COMPOSE["services"]
    assert str(address.port) == port(SANDBOX)
    assert address.path == "/datasets/v2"


def test_the_settings_know_every_variable() -> None:
    known = (ROOT / "harvester" / "settings.py").read_text(encoding="utf-8")
    for service in (HARVESTER, SCHEDULE):
        assert all(f'"{name}"' in known for name in service["environment"])
    assert all(isinstance(value, str) for value in HARVESTER["environment"].values())


@pytest.mark.parametrize("service", [HARVESTER, SCHEDULE], ids=["harvester", "schedule"])
def test_the_harvest_is_kept_in_the_volume(service: dict[str, Any]) -> None:
    given = {name: value for name, value in service["environment"].items() if value is not None}
    settings = Settings.load(given)
    volume, folder = next(mount.split(":") for mount in service["volumes"] if mount[0] != ".")
    assert volume in COMPOSE["volumes"]
    assert [folder] == rests("VOLUME", FINAL)
    for path in (settings.lake, settings.database):
        assert path is not None
        assert PurePosixPath(path).is_relative_to(folder)


def test_the_job_is_mounted_for_reading_and_sound() -> None:
    assert "./jobs:/jobs:ro" in HARVESTER["volumes"]
    jobs: tuple[str, ...] = parsed(HARVESTER).params["jobs"]
    assert [job.name for job in load_jobs(jobs)] == ["quickstart"]


# The schedule.


def test_only_who_asks_for_it_starts_the_schedule() -> None:
    assert SCHEDULE["profiles"] == ["schedule"]
    assert all("profiles" not in service for service in (SANDBOX, HARVESTER))
    assert SCHEDULE["restart"] == "unless-stopped"


def test_the_schedule_is_asked_whether_it_lives_where_it_listens() -> None:
    host, port = address(parsed(SCHEDULE).params["listen"])
    assert host == "0.0.0.0"
    assert SCHEDULE["expose"] == [str(port)]
    word, program, flag, script = SCHEDULE["healthcheck"]["test"]
    compile(script, "healthcheck", "exec")
    assert (word, program, flag) == ("CMD", "python", "-c")
    assert f'"http://127.0.0.1:{port}/healthz"' in script


def test_the_schedule_runs_sound_jobs_that_have_a_time() -> None:
    assert "./jobs:/jobs:ro" in SCHEDULE["volumes"]
    jobs = load_jobs(parsed(SCHEDULE).params["jobs"])
    assert len(jobs) > 1
    assert all(job.schedule for job in jobs)


def test_the_schedule_has_a_lake_of_its_own_and_the_key_only_from_the_shell() -> None:
    variables = SCHEDULE["environment"]
    assert variables["HARVESTER_LAKE"] != HARVESTER["environment"]["HARVESTER_LAKE"]
    assert variables["NCBI_API_KEY"] is variables["HARVESTER_BASE_URL"] is None


def test_the_schedule_has_time_to_let_a_run_drain() -> None:
    assert int(SCHEDULE["stop_grace_period"].removesuffix("s")) > 20
