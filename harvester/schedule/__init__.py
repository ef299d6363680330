"""Runs jobs at their cron times, one run a lake at a time, and says how they fare.

Each run is a child process, `python -m harvester run`. That costs the second in which Python loads,
against: what a run took of memory and open files goes back to the system with it, for a process
that lives for months; a crash, or the system's own hand when memory is short, ends one run only;
each run reads its job anew; and a run is stopped as anybody stops one, by a signal, with the same
eight seconds to drain. The key travels in the environment, never on a command line.
"""

from harvester.schedule.child import PROGRAM
from harvester.schedule.clock import SystemClock
from harvester.schedule.plans import plans_of
from harvester.schedule.service import Service
from harvester.schedule.timetable import Planned, Timetable
from harvester.schedule.web import address

__all__ = [
    "PROGRAM",
    "Planned",
    "Service",
    "SystemClock",
    "Timetable",
    "address",
    "plans_of",
]
