"""Invented names for the sandbox's records; some are not ASCII, as in life."""

from __future__ import annotations

__all__ = [
    "ASSEMBLERS", "CELL_PARTS", "COMMENTS", "COUNTRIES", "DOMAINS", "FUNCTIONS", "HOSTS",
    "INSTITUTES", "MACHINES", "MOLECULAR", "PANGO", "PEOPLE", "PROCESSES", "SOURCES", "STATES",
    "TISSUES",
]  # fmt: skip

INSTITUTES = (
    "Institute for Synthetic Samples", "Harbour University", "Universität Neustadt",
    "Centro de Genómica Ficticia", "Invented Sequencing Centre", "Lakeside College of Biology",
    "Laboratoire d'Écologie Imaginaire", "North Ridge Agricultural Station", "示例大学",
    "Fjordby Universitet", "Example Hospital, Department of Microbiology", "Demo Genome Project",
)  # fmt: skip
PEOPLE = (
    "Sample,A.B.", "Müller-Beispiel,C.", "Tester,D.", "Ionescu,E.F.", "Nowak-Próba,G.",
    "Exempel,H.I.", "Ficticia,J.", "Mock,K.L.", "Zhang,M.", "O'Demo,N.",
)  # fmt: skip
MACHINES = (
    "Illumina NovaSeq", "Illumina MiSeq", "Oxford Nanopore PromethION", "PacBio Sequel II",
    "PacBio Revio; Illumina NovaSeq", "Oxford Nanopore GridION; Illumina NextSeq",
)  # fmt: skip
ASSEMBLERS = (
    "SPAdes v. 3.15.5", "Flye v. 2.9.3", "hifiasm v. 0.19.8", "Unicycler v. 0.5.0", "Verkko v. 1.4",
)  # fmt: skip
#: Country, city, continent.
COUNTRIES = (
    ("USA", "Springfield", "North America"), ("Germany", "Göttingen", "Europe"),
    ("Japan", "Sapporo", "Asia"), ("Brazil", "São Luís", "South America"),
    ("Kenya", "Kisumu", "Africa"), ("Australia", "Hobart", "Oceania"),
    ("Norway", "Tromsø", "Europe"), ("India", "Mysuru", "Asia"), ("Canada", "Regina",
    "North America"), ("Saudi Arabia", "Abha", "Asia"), ("South Africa", "Durban", "Africa"),
)  # fmt: skip
STATES = ("CA", "NY", "TX", "WA", "FL", "MN", "OR", "MA")
SOURCES = (
    "stool", "blood", "river water", "soil", "poultry meat", "nasopharyngeal swab", "leaf tissue",
    "hot spring", "cheese rind", "waste water > 10 L",
)  # fmt: skip
TISSUES = ("liver", "whole organism", "leaf", "muscle", "blood", "ear")
#: Taxon, name, common name of hosts of viruses.
HOSTS = (
    (9606, "Homo sapiens", "human"), (9606, "Homo sapiens", "human"),
    (10090, "Mus musculus", "house mouse"), (9544, "Macaca mulatta", "Rhesus monkey"),
    (10116, "Rattus norvegicus", "Norway rat"), (9598, "Pan troglodytes", "chimpanzee"),
)  # fmt: skip
PANGO = ("B.1.1.7", "BA.2", "BA.5", "XBB.1.5", "JN.1", "B.1.617.2", "KP.3")
COMMENTS = (
    (
        "Annotated with the pipeline of the sandbox; reads of quality < 20 were left out. The"
        " methods of the pipeline, its version and the evidence behind each gene stand in its own"
        " report."
    ),
    (
        "Assembly was polished twice & checked by hand; coverage > 30x everywhere. Two contigs of"
        " the first submission were joined, and adapters were cut off at the ends."
    ),
    (
        "Made up for practice: “nothing here was ever sequenced”. The submitter's notes are in"
        " several languages: Stichprobe für Übungen; échantillon d'étude; 練習用のサンプル."
    ),
)
DOMAINS = (
    "zinc finger", "ankyrin repeat", "coiled-coil", "leucine rich repeat", "homeobox", "kinase",
    "solute carrier", "transmembrane", "ribosomal", "ATP binding cassette", "beta propeller",
    "WD40",
)  # fmt: skip
FUNCTIONS = (
    "domain containing", "interacting protein", "family member", "like receptor", "associated",
    "regulator", "binding factor", "subunit",
)  # fmt: skip
MOLECULAR = ("protein binding", "ATP binding", "DNA binding", "hydrolase activity", "zinc binding")
PROCESSES = ("cell division", "signal transduction", "DNA repair", "lipid transport", "response")
CELL_PARTS = ("nucleus", "cytosol", "plasma membrane", "Golgi apparatus", "mitochondrion")
