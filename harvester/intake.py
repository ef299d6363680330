"""Files of reports into a run's staged parts: read, decoded and kept piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from harvester.catalogue import Resource
from harvester.decode import Decoded, Decoder
from harvester.errors import SpecError
from harvester.model import Chain, Opened, Page, Rejected, Stamp
from harvester.package_files import ReportFile
from harvester.report_lines import read_lines
from harvester.runs import OpenRun
from harvester.schema import lake_schema, load_schema
from harvester.store.keeper import Keeper, chain_label
from harvester.store.lake import Lake
from harvester.telemetry import get_logger

__all__ = ["Broken", "Intake", "Watch"]

_log = get_logger(__name__)

#: So many lines without a report among them: the rest will hold none either.
_HOPELESS = 10_000

#: Told after each piece of a file: its name, its bytes and its records so far.
Watch = Callable[[str, int, int], None]


class Broken(Struct, frozen=True):
    """The lines of a file that could not become rows, and the first of them."""

    place: str
    lines: int
    first: Rejected


class _Tally(Struct):
    """What a file has brought so far."""

    size: int = 0
    lines: int = 0
    received: int = 0
    rows: int = 0
    rejected: int = 0
    first: Rejected | None = None

    def take(self, piece: bytes, decoded: Decoded) -> Decoded:
        """Counts a piece; what is wrong in it is told by its line in the file."""
        moved = tuple(replace(one, line=one.line + self.lines) for one in decoded.quarantine)
        self.first = self.first or next(iter(moved), None)
        self.size += len(piece)
        self.lines += piece.count(b"\n")
        self.received += decoded.received
        self.rows += decoded.batch.num_rows
        self.rejected += len(moved)
        return replace(decoded, quarantine=moved)


class Intake:
    """Reads files of one resource's reports for a run."""

    def __init__(self, lake: Lake, run: OpenRun, resource: Resource, watch: Watch) -> None:
        self.broken: list[Broken] = []
        self._resource = resource
        self._run = run
        self._watch = watch
        self._told, self._untold = Decoder(resource), Decoder(_telling(resource))
        self._keeper = Keeper(
            lake,
            run.journal,
            run.id,
            run.ledger.attempts,
            {resource.name: lake_schema(resource)},
            load_schema("meta/quarantine").arrow(),
        )

    def read(self, file: str, reports: Iterable[tuple[Chain, ReportFile]]) -> None:
        """Reads all that a file holds; SpecError where that is nothing of use."""
        tallies = [self._read(chain, report) for chain, report in reports]
        received, rows = (sum(t.received for t in tallies), sum(t.rows for t in tallies))
        if not received:
            raise SpecError(f"{file} holds no records")
        if not rows:
            raise self._useless(file, next((t.first for t in tallies if t.first), None))
        rejected = sum(tally.rejected for tally in tallies)
        _log.info("file read", file=file, records=received, quarantined=rejected)

    def abandon(self) -> None:
        """Lets go of what was being written."""
        self._keeper.abandon()

    def finish(self) -> None:
        """Makes durable what was read."""
        for record in self._keeper.flush():
            self._run.ledger.apply(record)

    def _read(self, chain: Chain, report: ReportFile) -> _Tally:
        tally = _Tally()
        for number, piece in enumerate(read_lines(report, self._resource)):
            now = datetime.now(UTC)
            decoded = tally.take(piece, self._decode(piece, chain, report, now))
            for record in self._keeper.keep(Page(chain, 0, number, Opened(b""), now), decoded):
                self._run.ledger.apply(record)
            self._watch(report.place, tally.size, tally.received)
            if tally.received > _HOPELESS and not tally.rows:
                raise self._useless(report.place, tally.first)
        if tally.first:
            self.broken.append(Broken(report.place, tally.rejected, tally.first))
        return tally

    def _decode(self, piece: bytes, chain: Chain, report: ReportFile, now: datetime) -> Decoded:
        """The rows of a piece; the file's place fills what a request would have told."""
        told = tuple((column, report.assembly) for column, _ in self._resource.from_request)
        stamp = Stamp(self._run.id, now, chain_label(chain.id, 0), told if report.assembly else ())
        return (self._told if report.assembly else self._untold).decode(piece, stamp)

    def _useless(self, place: str, first: Rejected | None) -> SpecError:
        why = f"line {first.line}: {first.reason}" if first else "it holds messages only"
        text = f"{place} holds no {self._resource.name} report ({why})"
        column = next((column for column, _ in self._resource.from_request), None)
        if column and first and column in first.reason:
            text += (
                "; such reports do not say which assembly they belong to: put the file into a "
                "folder that bears its accession, such as GCF_000005845.2"
            )
        return SpecError(text)


def _telling(resource: Resource) -> Resource:
    """The resource whose reports must tell by themselves what a request would have told."""
    if not resource.from_request:
        return resource
    return replace(resource, key=tuple(c for c, _ in resource.from_request), from_request=())
