"""Whether a table's questions brought what they used to: then there is nothing to look for by row.

On most nights that is so, and it is told by a sum over each question's keys.
"""

from __future__ import annotations

from harvester.publish.answers import Answers
from harvester.publish.members import see_members
from harvester.publish.sql import columns, same
from harvester.publish.workbench import one

__all__ = ["is_steady"]


def is_steady(answers: Answers) -> bool:
    """Whether each question brought the same rows as ever, and no row is left that none brings."""
    if not answers.staged.state.members:
        return False
    see_members(answers)
    return not (_unlike(answers) or _left(answers))


def _unlike(answers: Answers) -> int:
    """How many questions delivered other rows than they do now."""
    before, now = _sums(answers, "members"), _sums(answers, "present")
    unlike = "b.scope IS NULL OR p.scope IS NULL OR b.rows <> p.rows OR b.digest <> p.digest"
    both = f"({before}) b FULL JOIN ({now}) p ON b.scope = p.scope"
    return one(answers.connection, f"SELECT count(*) FROM {both} WHERE {unlike}")


def _sums(answers: Answers, rows: str) -> str:
    """What tells one set of keys from another, by question."""
    digest = f"sum(hash({columns(answers.layout.key)}))"
    return (
        f"SELECT scope, count(*) AS rows, {digest} AS digest FROM {rows} "
        "SEMI JOIN asked USING (scope) GROUP BY scope"
    )


def _left(answers: Answers) -> int:
    """The rows that a question left out before now, which none asked now brings, and are there."""
    key = answers.layout.key
    return one(
        answers.connection,
        f"SELECT count(*) FROM (SELECT {columns(key)} FROM went SEMI JOIN asked USING (scope)) w "
        f"SEMI JOIN held h ON {same('w', 'h', key)} ANTI JOIN present p ON {same('w', 'p', key)}",
    )
