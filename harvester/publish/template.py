"""A database of today's form without a row, in a file: making one takes as long as 50,000 rows.

It lies where programs keep what can be made again, under the digest of its form, and each new
database begins as a copy of it: one for tables, and one for views. Where no file can be kept, each
is made by its statements.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

from harvester.publish.attached import attached
from harvester.publish.check import check_form
from harvester.publish.form import form_of, statements
from harvester.publish.sql import text
from harvester.publish.workbench import KEYS, Connection, workbench
from harvester.settings import cache_folder, environment
from harvester.telemetry import get_logger

__all__ = ["make_form", "template"]

_log = get_logger(__name__)

_NAME = "blank"
_REGISTERS = ("tables", "views")


def template(register: str) -> Path | None:
    """The file, made where there is none yet; None where there can be none."""
    file = cache_folder(environment()) / _file_name(register)
    if not file.exists():
        try:
            _keep(file, register)
        except (OSError, duckdb.Error) as error:
            _log.debug("no template kept", reason=str(error).partition("\n")[0])
            return None
    return file


def make_form(connection: Connection, target: str, register: str) -> None:
    """Makes tables or views, and all that stands around them, in the database in use of that name.

    Views are of no rows.
    """
    file = template(register)
    if file is None:
        _make(connection, register)
        return
    try:
        connection.execute(f"ATTACH {text(str(file))} AS {_NAME} (READ_ONLY)")
        connection.execute(f"COPY FROM DATABASE {_NAME} TO {target} (SCHEMA)")
        connection.execute(f"DETACH {_NAME}")
    except duckdb.Error:
        file.unlink(missing_ok=True)  # it is broken: who builds tries again, and finds a new one
        raise


def _make(connection: Connection, register: str) -> None:
    """Makes all of it by its statements; what looks at the tables is looked at."""
    for statement in statements(register):
        connection.execute(statement)
    check_form(connection)


def _keep(file: Path, register: str) -> None:
    """Makes the file aside; those of other releases go."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix="making-") as folder:
        made = Path(folder, file.name)
        with workbench(Path(folder, "spill"), KEYS) as connection, attached(connection, made):
            _make(connection, register)
        todays = {_file_name(one) for one in _REGISTERS}
        for old in file.parent.glob(f"{_NAME}-*.duckdb"):
            if old.name not in todays:
                old.unlink(missing_ok=True)
        made.replace(file)


def _file_name(register: str) -> str:
    return f"{_NAME}-{form_of(register)[:32]}.duckdb"
