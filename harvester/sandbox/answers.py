"""From a checked request to the text of its answer: one page, or one document."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from msgspec import Struct
from msgspec.structs import replace

from harvester.sandbox import summaries
from harvester.sandbox.asks import Ask, Refusal, Selection
from harvester.sandbox.disguise import disguise
from harvester.sandbox.faults import Effects
from harvester.sandbox.noise import mix
from harvester.sandbox.sequences import assembly_of
from harvester.sandbox.templates import Json, Record, dumps
from harvester.sandbox.tokens import read_token, write_token
from harvester.sandbox.tree import Taxon
from harvester.sandbox.world import World

__all__ = ["Answer", "Answers", "refusal"]

JSON, NDJSON = "application/json", "application/x-ndjson"
#: Selections that are remembered, so that the next page of a query need not search again.
_REMEMBERED = 16
_PHRASES = {400: "Bad Request", 404: "Not Found", 408: "Request Timeout",
            500: "Internal Server Error", 503: "Service Unavailable"}  # fmt: skip


class Answer(Struct, frozen=True):
    """An answer without its HTTP dress."""

    status: int
    body: bytes
    content_type: str = JSON
    token: str = ""
    records: int = 0
    encoding: str = ""


def refusal(status: int, text: str) -> Answer:
    """An error as the API words it, not as a gateway does."""
    tail = " (The sandbox is described in docs/sandbox.md)"
    body: Record = {"error": _PHRASES[status], "code": status, "message": text + tail}
    return Answer(status, dumps(body))


class Answers:
    """Answers requests out of a world; may be called from several threads."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._selections: OrderedDict[tuple[str, float, float, float], Selection] = OrderedDict()
        self._lock = Lock()

    def answer(self, ask: Ask, effects: Effects, *, ndjson: bool, number: int) -> Answer:
        """The answer to a request; `number` is how many requests there were before."""
        document = self._document(ask)
        if document is not None:
            return Answer(200, dumps(document))
        selection = self._selection(ask, effects)
        if "refuse-list" in effects and selection.unknown:
            raise Refusal(400, f"Invalid argument provided: '{selection.unknown[0]}'.")
        if ask.family == "virus_summary":
            return Answer(200, dumps(summaries.virus_summary(ask, len(selection.keys))))
        return self._page(ask, selection, effects, ndjson=ndjson, number=number)

    def _document(self, ask: Ask) -> Record | None:
        """The answers that are neither pages nor sums over records."""
        world = self._world
        if ask.family == "version":
            return summaries.version()
        if ask.family == "suggestions":
            return summaries.suggestions(world.tree, ask.values[0])
        if ask.family == "gene_counts":
            return summaries.gene_counts(world.genes_of, self._taxon(ask.values[0]))
        if ask.family == "annotation_summary":
            genome = assembly_of(world.genomes_of, ask)
            names = [
                world.sequences_of.piece(genome, number).name
                for number in range(world.sequences_of.chromosomes(genome))
            ]
            return summaries.annotation_summary(world.annotations_of, genome, names)
        return None

    def _taxon(self, value: str) -> Taxon:
        taxon = self._world.tree.find(value)
        if taxon is None:
            what = f"The taxonomy name '{value}' is not a recognized NCBI Taxonomy name."
            raise Refusal(400, what)
        return taxon

    def _selection(self, ask: Ask, effects: Effects) -> Selection:
        """The records that answer; searched once a query."""
        place = (ask.scope, effects.shrink, effects.gone, effects.unsorted)
        with self._lock:
            if place in self._selections:
                self._selections.move_to_end(place)
                return self._selections[place]
        selection = self._world.kinds[ask.family].select(ask)
        missing = effects.gone + (effects.shrink if ask.selector == "taxa" else 0)
        missing += effects.unsorted if any(ask.many(name) for name in _SORTED) else 0
        if missing:
            selection = replace(selection, keys=_left(selection.keys, missing))
        with self._lock:
            self._selections[place] = selection
            while len(self._selections) > _REMEMBERED:
                self._selections.popitem(last=False)
        return selection

    def _page(
        self, ask: Ask, selection: Selection, effects: Effects, *, ndjson: bool, number: int
    ) -> Answer:
        if "empty" in effects:
            return Answer(200, b"" if ndjson else b"{}", NDJSON if ndjson else JSON)
        keys = selection.keys
        start = bisect_right(keys, read_token(ask.token, ask.scope)) if ask.token else 0
        start = _moved(start, ask.page_size, effects)
        stop = min(start + ask.page_size, len(keys))
        token = write_token(keys[stop - 1], ask.scope) if start < stop < len(keys) else ""
        if "repeat-token" in effects:
            token = ask.token
        records = self._world.kinds[ask.family].render(ask, selection, keys[start:stop])
        records = disguise(ask.family, records, effects)
        if ndjson:
            return Answer(200, _lines(records, effects), NDJSON, token, len(records))
        total = len(keys) + (number % 7 if "moving-total" in effects else 0)
        messages = () if ask.token else selection.messages
        body = _envelope(ask, records, total, token, messages)
        if "camel" in effects:
            body = _camel_envelope(body)
        return Answer(200, body, JSON, token, len(records))


#: Filters that sort records by something that not every record may have.
_SORTED = ("first_release_date", "last_release_date", "types", "locations")


def _moved(start: int, page_size: int, effects: Effects) -> int:
    """Where a page begins when the rows moved since the page before was given."""
    if "shifted" in effects:
        return max(0, start - page_size // 2)
    return start + page_size // 2 if "skipped" in effects else start


def _left(keys: Sequence[int], percent: float) -> list[int]:
    """The records that are still there when a percentage of them is missing."""
    return [key for key in keys if mix(key, 77) % 10_000 >= percent * 100]


def _lines(records: list[bytes], effects: Effects) -> bytes:
    if "broken-line" in effects and records:
        middle = len(records) // 2
        half = len(records[middle]) // 2
        records = [*records[:middle], records[middle][:half], *records[middle + 1 :]]
    return b"".join(record + b"\n" for record in records)


def _envelope(
    ask: Ask, records: list[bytes], total: int, token: str, messages: tuple[Record, ...]
) -> bytes:
    """The page around the records; what is empty or zero is left out."""
    said: list[Json] = [dict(one) for one in messages]
    members: list[bytes] = []
    if records:
        name = b"taxonomy_nodes" if ask.family == "taxonomy_node" else b"reports"
        members.append(b'"%b":[%b]' % (name, b",".join(records)))
    if ask.family == "genome" and ask.one("returned_content") in {"ASSM_ACC", "PAIRED_ACC"}:
        members.append(b'"content_type":' + dumps(ask.one("returned_content")))
    counted = total if ask.family != "taxonomy_node" else 0
    if counted:
        members.append(b'"total_count":%d' % counted)
    if token and ask.family != "taxonomy_node":
        members.append(b'"next_page_token":"%b"' % token.encode())
    if said:
        members.append(b'"messages":' + dumps(said))
    return b"{" + b",".join(members) + b"}"


def _camel_envelope(body: bytes) -> bytes:
    """The older names of the page's own members; the records are camelCase already."""
    for snake, camel in ((b"total_count", b"totalCount"), (b"next_page_token", b"nextPageToken"),
                         (b"taxonomy_nodes", b"taxonomyNodes")):  # fmt: skip
        body = body.replace(b'"%b":' % snake, b'"%b":' % camel, 1)
    return body
