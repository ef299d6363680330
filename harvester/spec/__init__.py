"""Job files: read safely, checked against the catalogue, turned into a `Job`."""

from harvester.spec.job import load_job, load_jobs, read_job

__all__ = ["load_job", "load_jobs", "read_job"]
