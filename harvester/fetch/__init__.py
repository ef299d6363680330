"""Asking NCBI: building requests, pacing, retrying, following page tokens."""

from harvester.fetch.asker import Asker, Standing, open_asker
from harvester.fetch.diagnosis import concerns_all
from harvester.fetch.document import fetch_document
from harvester.fetch.pace import Pace
from harvester.fetch.pages import Mark, walk
from harvester.fetch.probe import Probed, probe
from harvester.fetch.request import Request, build, smallest
from harvester.fetch.retry import Policy
from harvester.fetch.traffic import Traffic

__all__ = [
    "Asker",
    "Mark",
    "Pace",
    "Policy",
    "Probed",
    "Request",
    "Standing",
    "Traffic",
    "build",
    "concerns_all",
    "fetch_document",
    "open_asker",
    "probe",
    "smallest",
    "walk",
]
