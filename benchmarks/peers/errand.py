"""What a peer is sent for: a few plain values, read from a JSON file, nothing of the harvester."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["CHUNK", "KEY", "PAGE", "Errand"]

#: The most that NCBI gives in one page, and takes as one list without trouble.
PAGE = CHUNK = 1000
#: The sandbox lets any key ask ten times a second.
KEY = "benchmark"


@dataclass(frozen=True, slots=True)
class Errand:
    """Bring these records of one resource into a table of a DuckDB file."""

    url: str
    resource: str
    values: tuple[str, ...]
    database: str

    def write(self, path: Path) -> None:
        """Saves it for a process of its own."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def given(cls) -> Errand:
        """The one named on the command line."""
        fields = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
        return cls(**{**fields, "values": tuple(fields["values"])})

    def chunks(self) -> list[list[int]]:
        """Identifiers of genes, as many as one request takes."""
        numbers = [int(value) for value in self.values]
        return [numbers[start : start + CHUNK] for start in range(0, len(numbers), CHUNK)]
