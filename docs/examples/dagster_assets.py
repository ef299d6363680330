"""A nightly harvest in Dagster: `dagster dev -f dagster_assets.py`, with nightly.py beside it."""

import dagster as dg
from nightly import CRON, JOBS, harvest, may_pass


class Nightly(dg.Config):
    """What the asset is made from."""

    jobs: list[str] = JOBS


@dg.asset
def ncbi(config: Nightly) -> dg.MaterializeResult[None]:
    """The tables of the harvest; their rows are the metadata of each materialization."""
    rows: dict[str, int] = {}
    for job in config.jobs:
        try:
            found = harvest(job)
        except Exception as error:
            if may_pass(error):
                raise dg.RetryRequested(max_retries=3, seconds_to_wait=600) from error
            raise
        rows |= {f"{table} rows": figures["rows"] for table, figures in found["tables"].items()}
    return dg.MaterializeResult(metadata=rows)


nightly = dg.define_asset_job("nightly", selection=[ncbi])
defs = dg.Definitions(
    assets=[ncbi],
    jobs=[nightly],
    schedules=[dg.ScheduleDefinition(job=nightly, cron_schedule=CRON, execution_timezone="UTC")],
)
