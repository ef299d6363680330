"""Questions to begin with, one for each thing that SQL can do here."""

from __future__ import annotations

__all__ = ["EXAMPLES"]

EXAMPLES = {
    "Best assemblies of each species": """\
SELECT organism.organism_name, count(*) AS assemblies,
       max(assembly_stats.contig_n50) AS best_contig_n50
FROM genome
GROUP BY ALL
ORDER BY assemblies DESC
LIMIT 20""",
    "A flat view: one column a leaf": """\
SELECT accession, organism_organism_name, assembly_info_assembly_level,
       assembly_stats_contig_n50
FROM genome_flat
ORDER BY assembly_stats_contig_n50 DESC NULLS LAST
LIMIT 20""",
    "What lists hold, a row each": """\
SELECT symbol, unnest(synonyms) AS synonym
FROM gene
LIMIT 20""",
    "What the runs changed": """\
SELECT run_id, table_name, change, count(*) AS rows
FROM meta.changes
GROUP BY ALL
ORDER BY run_id DESC, table_name, change
LIMIT 50""",
    "A table as it stood": """\
SELECT count(*) AS genomes
FROM genome_as_of(TIMESTAMP '2030-01-01 00:00:00')""",
    "All versions of rows that changed": """\
SELECT accession, _valid_from, _valid_to, assembly_info.assembly_status
FROM genome_history
QUALIFY count(*) OVER (PARTITION BY accession) > 1
ORDER BY accession, _valid_from
LIMIT 50""",
    "What no column holds": """\
SELECT accession, _extra
FROM genome
WHERE _extra IS NOT NULL
LIMIT 20""",
    "How the runs went": """\
SELECT run_id, job, status, records, requests, seconds
FROM meta.runs
ORDER BY started_at DESC""",
    "What a column is like": """\
SUMMARIZE SELECT assembly_stats.contig_n50, assembly_stats.gc_percent
FROM genome""",
}
