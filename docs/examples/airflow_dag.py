"""A nightly harvest in Airflow 3: put this file and nightly.py into the DAG folder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException
from nightly import CRON, JOBS, harvest, may_pass


@task(retries=3, retry_delay=timedelta(minutes=10), max_active_tis_per_dag=1)
def harvest_job(job: str) -> dict[str, Any]:
    """Retried only where that may help; the summary is the task's XCom."""
    try:
        return harvest(job)
    except Exception as error:
        if may_pass(error):
            raise
        raise AirflowFailException(str(error)) from error


@dag(schedule=CRON, start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False, max_active_runs=1)
def ncbi() -> None:
    """One task a job, never two at once."""
    harvest_job.expand(job=JOBS)


ncbi()
