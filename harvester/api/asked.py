"""What a program asks of a run, and the run itself, which blocks the thread that it is in."""

from __future__ import annotations

from msgspec import Struct

from harvester.api.failures import judged
from harvester.api.jobs import Place, text_of
from harvester.api.practice import served
from harvester.api.watching import Watcher, watch
from harvester.hooks import hooks_after, hooks_after_error
from harvester.model import Job
from harvester.places import placed
from harvester.reins import Reins
from harvester.runner import run_job
from harvester.settings import Settings, environment
from harvester.summary import Summary
from harvester.terms import pace_of

__all__ = ["Asked"]


class Asked(Struct, frozen=True):
    """A job and how it is to be run."""

    job: Job
    lake: Place | None
    database: Place | None
    base_url: str | None
    sandbox: bool
    rps: float | None
    concurrency: int | None
    fresh: bool
    strict: bool
    accept_removals: bool
    check: bool
    progress: bool | Watcher | None

    def settings(self, base_url: str | None) -> Settings:
        """An argument beats the environment."""
        return Settings.load(
            environment(),
            base_url=base_url,
            lake=text_of(self.lake),
            database=text_of(self.database),
            rps=self.rps,
            concurrency=self.concurrency,
        )

    def carry_out(self, reins: Reins) -> Summary:
        """Harvests; returns the summary of a run that did what was asked of it."""
        with (
            served(sandbox=self.sandbox) as url,
            watch(self.job.name, progress=self.progress) as watcher,
        ):
            settings = self.settings(url or self.base_url)
            job = placed(self.job, settings)
            try:
                outcome = run_job(
                    job,
                    pace_of(job, settings),
                    watcher,
                    fresh=self.fresh,
                    accept_removals=self.accept_removals,
                    on_publish=watcher.publishing,
                    reins=reins,
                )
            except Exception as error:
                hooks_after_error(job, error)
                raise
        self._call_hooks(job, outcome.summary)
        return judged(outcome, check=self.check, strict=self.strict)

    def _call_hooks(self, job: Job, summary: Summary) -> None:
        """The job's own commands, as `harvester run` does; what was stopped goes on later."""
        if summary.status != "interrupted":
            good = summary.status == "complete" and not (self.strict and summary.missing)
            hooks_after(job, summary.document(), good=good)
