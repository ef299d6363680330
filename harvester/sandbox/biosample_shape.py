"""The sample from which a genome was made, as it stands inside a genome report."""

from __future__ import annotations

from random import Random

from harvester.sandbox import words
from harvester.sandbox.noise import chance
from harvester.sandbox.templates import EMPTY, Json, Record, text
from harvester.sandbox.tree import Taxon

__all__ = ["biosample"]

#: Attributes that are also fields of their own, with the share of samples that have them.
_FIELDS = {
    "age": 0.01, "biomaterial_provider": 0.02, "breed": 0.03, "collected_by": 0.1,
    "collection_date": 0.5, "cultivar": 0.03, "dev_stage": 0.05, "ecotype": 0.02,
    "geo_loc_name": 0.55, "host": 0.5, "host_disease": 0.1, "identified_by": 0.02,
    "ifsac_category": 0.02, "isolate": 0.1, "isolate_name_alias": 0.02, "isolation_source": 0.4,
    "lat_lon": 0.5, "project_name": 0.1, "sample_name": 0.1, "serovar": 0.1, "sex": 0.05,
    "source_type": 0.05, "strain": 0.3, "sub_species": 0.05, "tissue": 0.1, "serotype": 0.05,
}  # fmt: skip
_FURTHER = (
    "env_broad_scale", "env_local_scale", "env_medium", "num_replicons", "ref_biomaterial",
    "isol_growth_condt", "estimated_size", "temp", "ploidy", "depth", "altitude", "pH", "salinity",
    "biotic_relationship", "encoded_traits", "extrachrom_elements", "health_state", "host_age",
    "host_description", "host_sex", "host_subject_id", "host_tissue_sampled", "pathogenicity",
    "rel_to_oxygen", "samp_collect_device", "samp_mat_process", "samp_size", "source_mat_id",
    "subsrc_note", "trophic_level", "propagation", "ENA-CHECKLIST", "INSDC center name",
)  # fmt: skip


def biosample(taxon: Taxon, rng: Random, *, full: bool) -> Record:
    """A sample with its attributes, some of which are placeholders such as `missing`."""
    fields = {
        name: _value(name, taxon, rng)
        for name, share in _FIELDS.items()
        if chance(rng, share, always=full)
    }
    further = {name: _value(name, taxon, rng) for name in _FURTHER if chance(rng, 0.95)}
    attributes: list[Json] = [
        {"name": name, "value": value} for name, value in (fields | further).items()
    ]
    return {
        "accession": text("sample"),
        "last_updated": f"{text('submitted')}T05:23:06.723",
        "publication_date": f"{text('day')}T00:00:00.000",
        "submission_date": f"{text('submitted')}T05:23:06.720",
        "sample_ids": _ids(rng, full=full),
        "description": _description(taxon, rng, full=full),
        "owner": _owner(rng, full=full),
        "models": ["Microbe, viral or environmental" if taxon.is_bacterial else "Model organism"],
        "bioprojects": [EMPTY] if chance(rng, 0.02) else [_project(full=full)],
        "package": "Microbe.1.0" if taxon.is_bacterial else "Model.organism.animal.1.0",
        "attributes": attributes,
        "status": {"status": "live", "when": f"{text('submitted')}T10:14:00"},
        **fields,
    }


def _project(*, full: bool) -> Record:
    more: Record = {"title": "Samples for practice", "parent_accessions": [text("parent")]}
    return {"accession": text("project")} | (more if full else {})


def _ids(rng: Random, *, full: bool) -> list[Json]:
    ids: list[Json] = [{"label": "Sample name", "value": text("strain")}]
    if chance(rng, 0.8, always=full):
        ids.append({"db": "SRA", "value": text("run")})
    return ids


def _description(taxon: Taxon, rng: Random, *, full: bool) -> Record:
    return {
        "title": f"Sample {text('strain')} of {taxon.name} <for practice>",
        "organism": {"tax_id": taxon.tax_id, "organism_name": taxon.name},
        "comment": rng.choice(words.COMMENTS) if chance(rng, 0.6, always=full) else None,
    }


def _owner(rng: Random, *, full: bool) -> Record:
    contact: Json = {"lab": "Laboratory for Demonstrations"} if full else EMPTY
    return {"name": rng.choice(words.INSTITUTES), "contacts": [contact]}


def _value(name: str, taxon: Taxon, rng: Random) -> str:
    """A plausible text for an attribute; one in six is a placeholder."""
    if chance(rng, 1 / 6):
        return rng.choice(("missing", "not applicable", "not collected", "na"))
    country, city, _ = rng.choice(words.COUNTRIES)
    known = {
        "collection_date": rng.choice(("2020", "2021-02", "2019-10-01", "2015-11-06T17:01:00Z")),
        "geo_loc_name": f"{country}: {city}",
        "host": rng.choice(words.HOSTS)[1],
        "lat_lon": f"{rng.randrange(90)}.{rng.randrange(100):02d} N {rng.randrange(180)}.5 E",
        "strain": text("strain"),
        "sample_name": text("strain"),
        "isolation_source": rng.choice(words.SOURCES),
        "tissue": rng.choice(words.TISSUES),
        "sex": rng.choice(("female", "male", "hermaphrodite")),
        "collected_by": rng.choice(words.PEOPLE),
        "project_name": f"{taxon.name} for practice",
    }
    return known.get(name, f"{name.replace('_', ' ')} {rng.randrange(100)}")
