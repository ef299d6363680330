"""What a stranger installs: the package, its locks, and the commands that set it up."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import harvester

ROOT = Path(__file__).parents[1]
LOCKS = ("runtime", "build", "dev", "bench")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
#: Where the name to import differs from the name to install.
IMPORTED_AS = {"prometheus-client": "prometheus_client", "pyyaml": "yaml"}


def lock_text(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


def entries(name: str) -> list[str]:
    """The requirements of a lock, each with its hashes on one line."""
    lines = lock_text(name).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def pins(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for entry in entries(name):
        required = Requirement(entry.partition(" --hash")[0])
        found.setdefault(canonicalize_name(required.name), set()).add(str(required.specifier))
    return found


def declared(group: str) -> list[Requirement]:
    """What pyproject.toml asks for: for the program itself, or for a group of developers' tools."""
    if group == "runtime":
        return [Requirement(text) for text in PROJECT["project"]["dependencies"]]
    members = PROJECT["dependency-groups"][group]
    own = [Requirement(member) for member in members if isinstance(member, str)]
    included = [member["include-group"] for member in members if isinstance(member, dict)]
    return own + [required for other in included for required in declared(other)]


@pytest.mark.parametrize("name", LOCKS)
def test_everything_locked_is_pinned_and_hashed(name: str) -> None:
    assert entries(name)
    for entry in entries(name):
        pin, *hashes = re.split(r"\s+--hash=", entry.strip())
        assert re.fullmatch(r"[a-z0-9-]+==[^\s;]+( ; .+)?", pin), entry[:80]
        assert hashes, pin
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", digest) for digest in hashes), pin


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_place(name: str) -> None:
    text = lock_text(name)
    assert "://" not in text
    assert "file:" not in text
    assert not re.search(r"^\s*(-f|-i|--find-links|--(extra-)?index)", text, re.MULTILINE)
    assert not re.search(r"(^|\s)/", text)


@pytest.mark.parametrize(
    ("group", "lock"),
    [
        ("runtime", "runtime"),
        ("build", "build"),
        ("runtime", "dev"),
        ("dev", "dev"),
        ("bench", "bench"),
    ],
)
def test_what_is_declared_is_locked(group: str, lock: str) -> None:
    locked = pins(lock)
    for required in declared(group):
        versions = locked.get(canonicalize_name(required.name), set())
        assert versions, f"{required.name} is not in requirements/{lock}.txt: make lock"
        for version in versions:
            assert required.specifier.contains(version.removeprefix("==")), str(required)


@pytest.mark.parametrize("part", ["runtime", "build"])
def test_the_dev_lock_holds_the_others_unchanged(part: str) -> None:
    dev = pins("dev")
    assert {name: dev.get(name) for name in pins(part)} == pins(part)


def test_the_build_backend_is_locked() -> None:
    required = [Requirement(text) for text in PROJECT["build-system"]["requires"]]
    assert {one.name for one in required} == {one.name for one in declared("build")} - {"pip"}


def test_each_dependency_says_what_it_is_for() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    for required in declared("runtime") + declared("dev") + declared("bench"):
        line = next(line for line in lines if line.lstrip().startswith(f'"{required.name}'))
        assert re.search(r'",\s+# \w.{5,}', line), line


def test_the_package_imports_what_it_declares_and_nothing_else() -> None:
    names = {
        required.name: IMPORTED_AS.get(required.name, required.name)
        for required in declared("runtime")
    }
    foreign = set(_imports()) - set(sys.stdlib_module_names) - {"harvester"}
    assert foreign == set(names.values())


def _imports() -> Iterator[str]:
    for path in (ROOT / "harvester").rglob("*.py"):
        for node in _run(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.partition(".")[0]


def _run(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes, but for what only type checkers read: pandas and polars are their users' own."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from _run(node)


def test_the_versions_of_python_agree() -> None:
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    assert named == ["3.11", "3.12", "3.13"]
    assert PROJECT["project"]["requires-python"] == ">=3.11,<3.14"
    assert PROJECT["tool"]["mypy"]["python_version"] == named[0]
    assert PROJECT["tool"]["ruff"]["target-version"] == "py311"
    assert "(3, 11) <= v <= (3, 13)" in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_the_wheel_holds_the_program_and_its_schemas(wheel: zipfile.ZipFile) -> None:
    held = set(wheel.namelist())
    modules = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "harvester").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    schemas = {
        f"harvester/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / "schemas").rglob("*")
        if path.is_file()
    }
    metadata = f"ncbi_harvester-{harvester.__version__}.dist-info"
    assert schemas
    assert {"harvester/py.typed", "harvester/browse/page/index.html"} <= modules
    assert modules | schemas == {name for name in held if not name.startswith(f"{metadata}/")}
    assert f"{metadata}/licenses/LICENSE" in held


def test_the_wheel_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    folder = f"ncbi_harvester-{harvester.__version__}.dist-info"
    about = wheel.read(f"{folder}/METADATA").decode()
    assert "Name: ncbi-harvester\n" in about
    assert f"Version: {harvester.__version__}\n" in about
    scripts = wheel.read(f"{folder}/entry_points.txt").decode()
    assert "harvester = harvester.cli.main:main" in scripts


def test_the_changelog_knows_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)
    released = [Version(heading) for heading in headings[1:]]
    assert headings[0] == "Unreleased"
    assert released == sorted(released, reverse=True)
    assert all(version <= Version(harvester.__version__) for version in released)


# The Makefile, in a folder whose name holds a space.


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    if shutil.which("make") is None:
        pytest.skip("there is no make here")
    folder = tmp_path / "a folder"
    (folder / "requirements").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", *(f"requirements/{lock}.txt" for lock in LOCKS)):
        shutil.copy(ROOT / name, folder / name)
    return folder


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    own = ("MAKE", "ARGS")  # those of the `make test` that this test may be part of
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(own)}
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(
        command, cwd=folder, env=inherited, capture_output=True, text=True, check=False
    )


def test_make_alone_says_what_there_is(elsewhere: Path) -> None:
    answer = make(elsewhere)
    makefile = (elsewhere / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: help (.+)$", makefile, re.MULTILINE)
    assert answer.returncode == 0
    assert targets is not None
    assert all(f"make {target} " in answer.stdout for target in targets[1].split())


def test_make_run_practises_on_the_sandbox(elsewhere: Path) -> None:
    steps = make(elsewhere, "--dry-run", "run").stdout
    assert ".venv/bin/python -m harvester run --sandbox" in steps
    assert ".venv/bin/python -m harvester query" in steps
    assert (ROOT / "jobs" / "quickstart.yaml").is_file()


def test_make_run_with_a_job_asks_ncbi(elsewhere: Path) -> None:
    steps = make(elsewhere, "--dry-run", "run", "JOB=jobs/my job.yaml").stdout
    assert 'harvester run  "jobs/my job.yaml"' in steps
    assert "--sandbox" not in steps


def test_make_installs_only_what_is_locked(elsewhere: Path) -> None:
    installs = [
        line
        for line in make(elsewhere, "--dry-run", "test").stdout.splitlines()
        if "pip install" in line
    ]
    assert installs
    for line in installs:
        assert "--require-hashes" in line or "--no-index --no-deps" in line


def test_make_test_leaves_no_check_out(elsewhere: Path) -> None:
    steps = make(elsewhere, "--dry-run", "test").stdout
    checks = ("ruff check", "ruff format", "mypy --strict harvester tests", "pytest")
    assert all(f".venv/bin/python -m {check}" in steps for check in checks)


@pytest.mark.parametrize(
    ("surroundings", "said"),
    [
        ("sys.version_info = (3, 10, 4)", "needs Python 3.11 to 3.13, and this is 3.10"),
        ("sys.version_info = (3, 14, 0)", "needs Python 3.11 to 3.13, and this is 3.14"),
        ("sys.modules['ensurepip'] = None", "cannot make virtual environments"),
    ],
)
def test_make_says_what_is_wrong_with_python(elsewhere: Path, surroundings: str, said: str) -> None:
    other = elsewhere / "other python"
    other.write_text(
        f'#!/bin/sh\nexec python3 -c "import sys; {surroundings}; exec(sys.argv[1])" "$2"\n'
    )
    other.chmod(0o755)
    answer = make(elsewhere, ".venv/bin/python", f"PYTHON={other}")
    assert answer.returncode != 0
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (elsewhere / ".venv").exists()


def test_make_says_when_there_is_no_python(elsewhere: Path) -> None:
    answer = make(elsewhere, ".venv/bin/python", "PYTHON=python3.no")
    assert answer.returncode != 0
    assert 'There is no "python3.no" here' in answer.stderr


def test_ci_runs_what_developers_run() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").splitlines()[-1] == "exec make test"
