"""The program as a process of its own, forked from one that has its modules loaded.

A new interpreter spends most of its time on imports, and tests start hundreds. All else is new: the
process, its folder, its environment, its streams, its exit status.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

import click

from harvester.cli.main import cli, main
from harvester.publish.form import form_of
from harvester.runpage.page import template

__all__ = ["alone", "beside", "program"]

for _name in cli.list_commands(click.Context(cli)):
    import_module(f"harvester.cli.{_name}")
# What a process reads once, of schemas and for its page, is read here for all.
form_of("tables")
template()

beside = multiprocessing.get_context("forkserver")
beside.set_forkserver_preload(["tests.forked", "tests.crash.child"])
#: Starting a process looks after all others too, which two threads must not do at once.
alone = threading.Lock()


def program(
    folder: Path, words: Sequence[str], environment: Mapping[str, str], timeout: float = 50
) -> subprocess.CompletedProcess[str]:
    """Does `harvester WORDS` in a folder; nothing of this process's environment is left."""
    with tempfile.TemporaryDirectory() as aside:
        out, err = Path(aside, "out"), Path(aside, "err")
        orders = (str(folder), tuple(words), dict(environment), out, err)
        process = beside.Process(target=_work, args=orders, daemon=True)
        with alone:
            process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(words, timeout, out.read_bytes(), err.read_bytes())
        said = (out.read_text("utf-8"), err.read_text("utf-8"))
        return subprocess.CompletedProcess(words, process.exitcode, *said)


def _work(
    folder: str, words: Sequence[str], environment: Mapping[str, str], out: Path, err: Path
) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, file in ((1, out), (2, err)):
        handle = os.open(file, os.O_WRONLY | os.O_CREAT)
        os.dup2(handle, number)
        os.close(handle)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - a handle
    sys.stderr = open(2, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
    sys.argv = ["harvester", *words]
    main()
