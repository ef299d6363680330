"""Asking NCBI: building requests, pacing, retrying, following page tokens."""

from harvester.fetch.asker import Asker, open_asker
from harvester.fetch.document import fetch_document
from harvester.fetch.pace import Pace
from harvester.fetch.pages import Mark, walk
from harvester.fetch.request import PAGE_SIZE, Request, build
from harvester.fetch.retry import Policy
from harvester.fetch.traffic import Traffic

__all__ = [
    "PAGE_SIZE",
    "Asker",
    "Mark",
    "Pace",
    "Policy",
    "Request",
    "Traffic",
    "build",
    "fetch_document",
    "open_asker",
    "walk",
]
