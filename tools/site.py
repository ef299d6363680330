"""What mkdocs calls while it builds the site: pages and links that lead out of docs/.

On the site the changelog, the page for contributors and the jobs are pages like others; in the
repository they stay where people look for them, and links lead there.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

__all__ = ["on_files", "on_page_markdown"]

ROOT = Path(__file__).parents[1]
SCHEMA = "schemas/job.schema.json"
#: Where on the site that is found which lies outside of docs/.
ELSEWHERE = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "README.md": "index.md",
    "jobs": "example-jobs.md",
    SCHEMA: SCHEMA,
}
SOURCES = {site: repository for repository, site in ELSEWHERE.items()}
_LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")
_JOBS = """\
# Jobs to copy from

What lies in the folder `jobs/`. A job is saved as a file, looked at with `harvester plan FILE` and
run with `harvester run FILE`; what each key means stands in [jobs](docs/jobs.md).
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds what the site takes from outside of docs/."""
    for name in ("CHANGELOG.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, ELSEWHERE[name], content=text))
    files.append(File.generated(config, ELSEWHERE["jobs"], content="".join(_jobs())))
    files.append(File.generated(config, SCHEMA, abs_src_path=str(ROOT / SCHEMA)))
    return files


def _jobs() -> Iterator[str]:
    yield _JOBS
    for path in sorted((ROOT / "jobs").glob("*.yaml")):
        yield f"\n## {path.name}\n\n```yaml\n{path.read_text(encoding='utf-8')}```\n"


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turns links of the repository into those of the site."""
    del config, files
    here = page.file.src_uri
    source = "" if here in SOURCES.keys() - {"index.md"} else f"docs/{posixpath.dirname(here)}"

    def turned(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(source, link[1]))
        return f"]({_on_site(target, here)}{link[2] or ''})"

    return _LINK.sub(turned, markdown)


def _on_site(target: str, page: str) -> str:
    """A path of the repository as a link on a page of the site."""
    found = ELSEWHERE.get(target, target.removeprefix("docs/"))
    return posixpath.relpath(found, posixpath.dirname(page) or ".")
