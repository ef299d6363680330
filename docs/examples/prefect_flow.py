"""A nightly harvest in Prefect: `python prefect_flow.py` serves it, with nightly.py beside it."""

from __future__ import annotations

from typing import Any

from nightly import CRON, JOBS, harvest, may_pass
from prefect import State, Task, flow, task
from prefect.client.schemas.objects import TaskRun


def _worth_it(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    return may_pass(state.result(raise_on_failure=False))


@task(retries=3, retry_delay_seconds=600, retry_condition_fn=_worth_it)
def harvest_job(job: str) -> dict[str, Any]:
    """Retried only where that may help."""
    return harvest(job)


@flow
def ncbi(jobs: list[str]) -> list[dict[str, Any]]:
    """One job after the other; the summaries are the flow's result."""
    return [harvest_job(job) for job in jobs]


if __name__ == "__main__":
    ncbi.serve(name="nightly", cron=CRON, parameters={"jobs": JOBS}, limit=1)
