"""The notebook is kept without its outputs, and runs from top to bottom without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs/notebook.ipynb"


def _read() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]


def _shown(cell: Any, kind: str = "text/plain") -> str:
    """What a cell says at its end."""
    (result,) = (one for one in cell.outputs if one.output_type == "execute_result")
    return str(result.data[kind])


def test_it_is_kept_without_outputs() -> None:
    notebook = _read()
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) > 5
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = _read()
    client = NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    _, plan, run, pandas, polars, genes, joined, again = (
        cell for cell in notebook.cells if cell.cell_type == "code"
    )
    assert "requests, " in _shown(plan)
    assert "primates: complete; " in _shown(run)
    assert "Homo sapiens" in _shown(pandas, "text/html")
    assert "Homo sapiens" in _shown(polars, "text/html")
    assert "BRCA1" in _shown(genes)
    assert "guardian" in _shown(joined)
    assert "added=0, changed=0, removed=0" in _shown(again)
    told = "".join(one.text for one in run.outputs if one.output_type == "stream")
    assert "\rprimates: " in told
    assert "publishing" in told
    assert (tmp_path / "notebook/primates.duckdb").exists()
