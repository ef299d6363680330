"""Nights in which NCBI gives, changes, hides and takes back: what happens, and what should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random

__all__ = ["QUERIES", "Book", "Night", "Version", "World"]

KEYS = range(1, 15)
VALUES = ("one", "two", None)
#: Rows that stay as they are: so many that no night doubles them.
STEADY = set(range(1000, 1040))
#: What each question is about, by its scope. They overlap, and a list asks about each value.
QUESTIONS: dict[int, set[int]] = {
    101: STEADY | set(range(1, 9)),
    102: set(range(5, 13)),
    103: {3, 6, 9, 12, 13, 14},
    **{200 + key: {key} for key in (2, 6, 14)},
}
#: The chains of each query, with the questions that each of them asks; two queries share one.
QUERIES: dict[str, dict[str, tuple[int, ...]]] = {
    "p": {"p.0": (101,), "p.1": (102,)},
    "q": {"q.0": (103,), "q.1": (102,)},
    "l": {"l.0": (202, 206, 214)},
}
BY_KEY = "p.key.0"
OUTCOMES = ("complete",) * 6 + ("shrunk", "partial", "partial", "failed")


@dataclass(frozen=True)
class Night:
    """What a night's run receives: by chain the keys, the queries that are settled, what NCBI has.

    `by_key` says whether NCBI answers when it is asked for rows by their keys. A run may be killed
    before its commit and done again, and may be committed without a database of its own. An
    `ingest` has chains that ask nothing.
    """

    chains: Mapping[str, set[int]]
    settled: set[str]
    world: Mapping[int, str | None]
    by_key: bool
    killed: bool
    published: bool
    ingest: bool = False

    @property
    def queries(self) -> set[str]:
        """The queries that the run asks."""
        return set() if self.ingest else {chain.partition(".")[0] for chain in self.chains}


@dataclass
class World:
    """What NCBI holds, and how it answers."""

    chance: Random
    rows: dict[int, str | None] = field(default_factory=lambda: dict.fromkeys(STEADY))

    def night(self) -> Night:
        """The next night; what is edited is at times what it was before."""
        for key in KEYS:
            if (roll := self.chance.random()) < 0.12:
                self.rows.pop(key, None)
            elif roll < 0.35:
                self.rows[key] = self.chance.choice(VALUES)
        chance, rare = self.chance, 0.12
        ingest = chance.random() < rare
        asked = chance.sample(sorted(QUERIES), chance.choice((1, 2, 3, 3)))
        outcomes = {query: chance.choice(OUTCOMES) for query in asked}
        chains = {"q.0": self._some(KEYS)} if ingest else dict(self._chains(outcomes))
        settled = {query for query, outcome in outcomes.items() if outcome == "complete"}
        return Night(
            chains,
            set() if ingest else settled,
            dict(self.rows),
            by_key=chance.random() > rare,
            killed=chance.random() < rare,
            published=chance.random() > rare,
            ingest=ingest,
        )

    def _chains(self, outcomes: Mapping[str, str]) -> Iterable[tuple[str, set[int]]]:
        for query, outcome in outcomes.items():
            for chain, scopes in QUERIES[query].items():
                about = {key for scope in scopes for key in QUESTIONS[scope]} & self.rows.keys()
                hidden = self._some(about) if self.chance.random() < 0.2 else set()
                found = {
                    "complete": about - hidden,
                    "shrunk": about - hidden,
                    "partial": self._some(about),
                    "failed": set(),
                }
                yield chain, found[outcome]

    def _some(self, keys: Iterable[int]) -> set[int]:
        return {key for key in sorted(keys) if key in self.rows and self.chance.random() < 0.5}


@dataclass
class Version:
    """A version of a row."""

    key: int
    value: str | None
    began: int
    seen: int
    ended: int | None = None


@dataclass
class Book:
    """What a lake should hold, the slow and obvious way."""

    current: dict[int, Version] = field(default_factory=dict)
    past: list[Version] = field(default_factory=list)
    changes: list[tuple[int, int, str, bool]] = field(default_factory=list)
    now: dict[int, set[int]] = field(default_factory=dict)
    ever: dict[int, set[int]] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)

    def doubtful(self, night: Night) -> set[int]:
        """Rows that no question delivers any more, and one that is settled did."""
        answers, silent = _answers(night), _scopes(night.settled)
        after = {
            scope: answers.get(scope, set()) | (set() if scope in silent else keys)
            for scope, keys in {**{scope: set() for scope in answers}, **self.now}.items()
        }
        once = {key for scope in silent for key in self.ever.get(scope, ())}
        return (once & self.current.keys()) - {key for keys in after.values() for key in keys}

    def write(self, number: int, night: Night, asked: set[int]) -> None:
        """Takes down the night; `asked` are rows that NCBI was asked for by their keys."""
        again = asked & night.world.keys()
        received = {key for keys in night.chains.values() for key in keys} | again
        for key in received:
            self._receive(number, key, night)
        for key in asked - night.world.keys():
            self._end(number, key, "removed", told=False)
        self.met["came back by key"] += len(again)
        self.met["all was seen"] += received == self.current.keys() and not night.ingest
        for scope, keys in _answers(night).items():
            before = set() if scope in _scopes(night.settled) else self.now.get(scope, set())
            self.now[scope] = before | keys
            self.ever[scope] = self.ever.get(scope, set()) | keys

    def _receive(self, number: int, key: int, night: Night) -> None:
        value, version = night.world[key], self.current.get(key)
        if version is not None and version.value == value:
            version.seen = version.seen if night.ingest else number
            self.met["seen again"] += 1
            return
        earlier = [old for old in self.past if old.key == key]
        if version is not None:
            self.met["changed back"] += value in [old.value for old in earlier]
            self._end(number, key, "changed", told=True)
        else:
            change = "returned" if earlier else "added"
            self.changes.append((number, key, change, False))
            self.met[change] += 1
        self.current[key] = Version(key, value, number, number)

    def _end(self, number: int, key: int, change: str, *, told: bool) -> None:
        version = self.current.pop(key)
        version.ended = number
        self.past.append(version)
        self.changes.append((number, key, change, told))
        self.met[change] += 1
        self.met["ended after it was seen again"] += version.seen > version.began

    def as_of(self, number: int) -> list[Version]:
        """The versions that held after a night."""
        every = [*self.past, *self.current.values()]
        return [
            one
            for one in every
            if one.began <= number and (one.ended is None or one.ended > number)
        ]


def _scopes(queries: Iterable[str]) -> set[int]:
    return {scope for query in queries for asked in QUERIES[query].values() for scope in asked}


def _answers(night: Night) -> dict[int, set[int]]:
    """The rows that each question brought; where one value is asked for, its own row alone."""
    answers: dict[int, set[int]] = {}
    for query in night.queries:
        for chain, scopes in QUERIES[query].items():
            for scope in scopes:
                found = answers.setdefault(scope, set())
                found |= night.chains.get(chain, set()) & QUESTIONS[scope]
    return answers
