"""`python -m tools.reference` renews what the documentation takes from the code."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.reference.pages import pages

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Writes the pages that are behind the code, and names them."""
    for path, text in pages(ROOT).items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"renewed {path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
