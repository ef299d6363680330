"""A run as one page of HTML that needs nothing else: no script, no font, no address."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from harvester.runpage.told import RunTold
from harvester.runpage.view import glance, sections
from harvester.texts import printable

__all__ = ["render", "template"]

#: Figures at which an operator looks twice where they are not zero.
_WORRYING = frozenset({"failed", "missing", "quarantined", "throttled"})


def render(told: RunTold) -> str:
    """The page; whatever NCBI sent is text on it, and can be nothing else."""
    return template().render(
        figures=told.figures,
        line=told.line,
        afresh=told.afresh,
        base_url=told.base_url,
        version=told.version,
        glance=glance(told),
        sections=list(sections(told)),
        worrying=_WORRYING,
        style=_Style(_source("page.css")),
    )


@cache
def template() -> Template:
    """What a page is made with, read once."""
    setting = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_plain,
    )
    return setting.from_string(_source("page.html.j2"))


@cache
def _source(name: str) -> str:
    return files("harvester.runpage").joinpath(name).read_text("utf-8")


class _Style(str):
    """Our own style sheet, which goes into the page as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def _plain(value: object) -> object:
    """Texts without characters that steer: what turns the writing round, or is no letter."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return printable(value)
    return value
