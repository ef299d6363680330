"""The taxa that the sandbox knows: real numbers, names and ranks, invented contents.

Each line: number, rank, scientific name, common names, group, then how many genomes, genes and
virus genomes are filed right under the taxon, the length of its genomes, its chromosomes.
Indentation is the tree.
"""

from __future__ import annotations

__all__ = ["OUTLINE", "RETIRED"]

#: Numbers that once were taxa, with the taxon that took them in.
RETIRED = {469598: 562, 1002370: 1773, 119210: 11320}

# ruff: noqa: E501 - one taxon a line
OUTLINE = """
1|NO_RANK|root
 131567|CELLULAR_ROOT|cellular organisms
  2|DOMAIN|Bacteria|eubacteria|bacteria
   3379134|KINGDOM|Pseudomonadati
    1224|PHYLUM|Pseudomonadota|proteobacteria|g-proteobacteria
     1236|CLASS|Gammaproteobacteria||g-proteobacteria
      91347|ORDER|Enterobacterales||enterobacteria
       543|FAMILY|Enterobacteriaceae||enterobacteria
        561|GENUS|Escherichia||enterobacteria|12|0|0|4900000|1
         562|SPECIES|Escherichia coli|E. coli|enterobacteria|2364|400|0|4900000|1
          83333|STRAIN|Escherichia coli K-12||enterobacteria|30|0|0|4640000|1
           511145|NO_RANK|Escherichia coli str. K-12 substr. MG1655||enterobacteria|6|460|0|4641000|1
        590|GENUS|Salmonella||enterobacteria|4|0|0|4800000|1
         28901|SPECIES|Salmonella enterica||enterobacteria|320|120|0|4800000|1
        570|GENUS|Klebsiella||enterobacteria
         573|SPECIES|Klebsiella pneumoniae||enterobacteria|240|80|0|5600000|1
      72274|ORDER|Pseudomonadales||g-proteobacteria
       135621|FAMILY|Pseudomonadaceae||g-proteobacteria
        286|GENUS|Pseudomonas||g-proteobacteria
         287|SPECIES|Pseudomonas aeruginosa||g-proteobacteria|160|80|0|6500000|1
   1783272|KINGDOM|Bacillati
    1239|PHYLUM|Bacillota|firmicutes|firmicutes
     91061|CLASS|Bacilli||firmicutes
      186817|FAMILY|Bacillaceae||firmicutes
       1386|GENUS|Bacillus||firmicutes
        1423|SPECIES|Bacillus subtilis||firmicutes|80|120|0|4200000|1
      90964|FAMILY|Staphylococcaceae||firmicutes
       1279|GENUS|Staphylococcus||firmicutes
        1280|SPECIES|Staphylococcus aureus||firmicutes|300|80|0|2800000|1
    201174|PHYLUM|Actinomycetota|high G+C Gram-positive bacteria|high GC Gram+
     1763|GENUS|Mycobacterium||high GC Gram+
      1773|SPECIES|Mycobacterium tuberculosis||high GC Gram+|200|160|0|4400000|1
  2157|DOMAIN|Archaea||archaea
   28890|PHYLUM|Methanobacteriota||euryarchaeotes
    196118|GENUS|Methanocaldococcus||euryarchaeotes
     2190|SPECIES|Methanocaldococcus jannaschii||euryarchaeotes|6|60|0|1740000|1
  2759|DOMAIN|Eukaryota|eukaryotes|eukaryotes
   33154|CLADE|Opisthokonta||eukaryotes
    33208|KINGDOM|Metazoa|animals|animals
     7711|PHYLUM|Chordata|chordates|chordates
      40674|CLASS|Mammalia|mammals|mammals
       9443|ORDER|Primates|primates|primates
        9604|FAMILY|Hominidae|great apes|primates
         9605|GENUS|Homo|humans|primates
          9606|SPECIES|Homo sapiens|human|primates|40|3000|0|3100000000|24
           63221|SUBSPECIES|Homo sapiens neanderthalensis|Neandertal|primates|4|14|0|3100000000|24
         9596|GENUS|Pan|chimpanzees|primates
          9598|SPECIES|Pan troglodytes|chimpanzee|primates|10|300|0|3050000000|25
         9592|GENUS|Gorilla||primates
          9593|SPECIES|Gorilla gorilla|western gorilla|primates|6|200|0|3060000000|25
        9527|FAMILY|Cercopithecidae|Old World monkeys|primates
         9539|GENUS|Macaca|macaques|primates
          9544|SPECIES|Macaca mulatta|Rhesus monkey|primates|8|240|0|2950000000|22
       9989|ORDER|Rodentia|rodents|rodents
        10066|FAMILY|Muridae||rodents
         10088|GENUS|Mus|mice|rodents
          10090|SPECIES|Mus musculus|house mouse,mouse|rodents|36|2000|0|2720000000|21
         10114|GENUS|Rattus|rats|rodents
          10116|SPECIES|Rattus norvegicus|Norway rat,rat|rodents|14|500|0|2650000000|22
      7898|CLASS|Actinopterygii|ray-finned fishes|bony fishes
       7954|GENUS|Danio||bony fishes
        7955|SPECIES|Danio rerio|zebrafish|bony fishes|12|400|0|1370000000|25
     6656|PHYLUM|Arthropoda|arthropods|arthropods
      50557|CLASS|Insecta|insects|insects
       7215|GENUS|Drosophila|fruit flies|flies
        7227|SPECIES|Drosophila melanogaster|fruit fly|flies|24|350|0|143000000|7
     6231|PHYLUM|Nematoda|nematodes|nematodes
      6237|GENUS|Caenorhabditis||nematodes
       6239|SPECIES|Caenorhabditis elegans|roundworm|nematodes|10|300|0|100000000|6
    4751|KINGDOM|Fungi|fungi|fungi
     4890|PHYLUM|Ascomycota|ascomycetes|ascomycetes
      4930|GENUS|Saccharomyces||budding yeasts & allies
       4932|SPECIES|Saccharomyces cerevisiae|brewer's yeast,baker's yeast,yeast|budding yeasts & allies|90|60|0|12100000|16
        559292|STRAIN|Saccharomyces cerevisiae S288C||budding yeasts & allies|4|240|0|12100000|16
   33090|KINGDOM|Viridiplantae|green plants|green plants
    35493|PHYLUM|Streptophyta||land plants
     3701|GENUS|Arabidopsis||eudicots
      3702|SPECIES|Arabidopsis thaliana|thale cress|eudicots|30|300|0|119000000|5
     4527|GENUS|Oryza||monocots
      4530|SPECIES|Oryza sativa|Asian cultivated rice,rice|monocots|20|200|0|374000000|12
 10239|ACELLULAR_ROOT|Viruses|viruses|viruses
  2559587|REALM|Riboviria||viruses
   2732396|KINGDOM|Orthornavirae||viruses
    2732408|PHYLUM|Pisuviricota||viruses
     2732506|CLASS|Pisoniviricetes||viruses
      76804|ORDER|Nidovirales||viruses
       11118|FAMILY|Coronaviridae||viruses
        694002|GENUS|Betacoronavirus||viruses
         694009|SPECIES|Severe acute respiratory syndrome-related coronavirus||viruses|2|0|60|29800|1
          2697049|NO_RANK|Severe acute respiratory syndrome coronavirus 2|SARS-CoV-2|viruses|20|12|3000|29900|1
         1335626|SPECIES|Middle East respiratory syndrome-related coronavirus|MERS,MERS-CoV|viruses|4|11|600|30100|1
    2497569|PHYLUM|Negarnaviricota||viruses
     11308|FAMILY|Orthomyxoviridae||viruses
      197911|GENUS|Alphainfluenzavirus||viruses
       2955291|SPECIES|Alphainfluenzavirus influenzae||viruses
        11320|NO_RANK|Influenza A virus|influenza A|viruses|6|10|1500|13600|8
    11050|FAMILY|Flaviviridae||viruses
     12637|SPECIES|Dengue virus|dengue|viruses|4|10|400|10700|1
  2731341|REALM|Duplodnaviria||viruses
   10292|FAMILY|Herpesviridae||viruses
    10298|SPECIES|Human alphaherpesvirus 1|HSV-1|viruses|4|70|120|152000|1
    10310|SPECIES|Human alphaherpesvirus 2|HSV-2|viruses|2|0|0|154700|1
    10320|SPECIES|Bovine alphaherpesvirus 1|BoHV-1|viruses|2|0|0|135300|1
    10326|SPECIES|Equid alphaherpesvirus 1|EHV-1|viruses|2|0|0|150200|1
    10334|SPECIES|Felid alphaherpesvirus 1|FHV-1|viruses|2|0|0|135800|1
    10335|SPECIES|Human alphaherpesvirus 3|VZV|viruses|2|0|0|124900|1
    10345|SPECIES|Suid alphaherpesvirus 1|pseudorabies virus|viruses|2|0|0|143500|1
    10359|SPECIES|Human betaherpesvirus 5|HCMV|viruses|2|0|0|235600|1
    10372|SPECIES|Human betaherpesvirus 7|HHV-7|viruses|2|0|0|153100|1
    10376|SPECIES|Human gammaherpesvirus 4|EBV|viruses|2|0|0|171800|1
    10386|SPECIES|Gallid alphaherpesvirus 1||viruses|2|0|0|148700|1
    10390|SPECIES|Gallid alphaherpesvirus 2|Marek's disease virus|viruses|2|0|0|177900|1
    37296|SPECIES|Human gammaherpesvirus 8|KSHV|viruses|2|0|0|138000|1
  2732004|REALM|Varidnaviria||viruses
   10240|FAMILY|Poxviridae||viruses
    10243|SPECIES|Cowpox virus||viruses|2|0|0|224500|1
    10244|SPECIES|Monkeypox virus|mpox virus|viruses|2|0|0|196900|1
    10245|SPECIES|Vaccinia virus||viruses|2|0|0|194700|1
    10255|SPECIES|Variola virus|smallpox virus|viruses|2|0|0|185600|1
    10258|SPECIES|Orf virus||viruses|2|0|0|139900|1
    10261|SPECIES|Fowlpox virus||viruses|2|0|0|288500|1
    10273|SPECIES|Myxoma virus||viruses|2|0|0|161800|1
    10279|SPECIES|Molluscum contagiosum virus||viruses|2|0|0|190300|1
    12643|SPECIES|Ectromelia virus|mousepox virus|viruses|2|0|0|209800|1
    28873|SPECIES|Camelpox virus||viruses|2|0|0|205700|1
   10508|FAMILY|Adenoviridae||viruses
    10515|SPECIES|Human adenovirus 2||viruses|2|0|0|35900|1
    28285|SPECIES|Human adenovirus 5||viruses|2|0|0|35900|1
   137992|FAMILY|Asfarviridae||viruses
    10497|SPECIES|African swine fever virus|ASFV|viruses|2|0|0|190600|1
"""
