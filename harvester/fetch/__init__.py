"""Asking NCBI: building requests, pacing, retrying, following page tokens."""

from harvester.fetch.pacing import Pacer
from harvester.fetch.pages import Asker, Mark, walk
from harvester.fetch.request import Request, build
from harvester.fetch.retry import Policy
from harvester.fetch.session import open_session
from harvester.fetch.traffic import Traffic

__all__ = [
    "Asker",
    "Mark",
    "Pacer",
    "Policy",
    "Request",
    "Traffic",
    "build",
    "open_session",
    "walk",
]
