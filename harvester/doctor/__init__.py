"""Looks whether a harvest could begin here and now, and says what to do where it could not."""

from harvester.doctor.finding import Finding, State
from harvester.doctor.lakes import examine_lake
from harvester.doctor.machine import examine_machine, examine_room
from harvester.doctor.network import examine_key, examine_network

__all__ = [
    "Finding",
    "State",
    "examine_key",
    "examine_lake",
    "examine_machine",
    "examine_network",
    "examine_room",
]
