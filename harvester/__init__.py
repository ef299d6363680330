"""harvester: a bulk harvester and ETL pipeline for the NCBI Datasets v2 REST API."""

__version__ = "0.1.0"

__all__ = ["__version__"]
