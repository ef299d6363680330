"""A stand-in for NCBI Datasets v2: the same answers every time, faults on request."""

from harvester.sandbox.config import SandboxConfig, Size, parse_size
from harvester.sandbox.faults import FAULTS, Faults
from harvester.sandbox.server import Sandbox
from harvester.sandbox.stats import Stats
from harvester.sandbox.threads import Served, serve_in_thread
from harvester.sandbox.world import World

__all__ = [
    "FAULTS",
    "Faults",
    "Sandbox",
    "SandboxConfig",
    "Served",
    "Size",
    "Stats",
    "World",
    "parse_size",
    "serve_in_thread",
]
