"""The programs of docs/python.md and of the README run as they stand there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from harvester.sandbox import SandboxConfig, serve_in_thread

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
JOB = """\
name: primates
harvest:
  - resource: genome
    taxa: [primates]
    filters: {reference_only: true}
"""


def _program(*pages: str) -> str:
    texts = [(ROOT / page).read_text(encoding="utf-8") for page in pages]
    return "\n\n".join(block for text in texts for block in BLOCK.findall(text))


def test_shown_programs_run(tmp_path: Path) -> None:
    (tmp_path / "primates.yaml").write_text(JOB)
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as served:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", _program("README.md", "docs/python.md")],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "HARVESTER_BASE_URL": served.url},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "NCBI is away: tomorrow" in done.stdout
    assert (tmp_path / "data/harvest.duckdb").exists()
