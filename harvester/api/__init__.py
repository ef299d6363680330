"""The harvester for programs: run and plan jobs, open the database, read tables.

`harvester.__all__` lists the names that stay; what is not listed there may change.
"""
