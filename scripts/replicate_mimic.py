#!/usr/bin/env python3
"""Copies small MIMIC-IV tables many times, each copy with patients, admissions and orders of its own.

For measurements only: the copies are the same people again. Nothing is written into the repository.

  scripts/replicate_mimic.py --hosp ../shared/data/mimic-iv-demo/hosp --out /tmp/mimic-1000 --times 1000

An identifier of a copy is a leading digit, the number of the copy in four digits, and the number of the original
identifier. So a copy is one pass that puts four digits at marked places of a text, and no table is ever in memory.
"""

import argparse
import csv
import gzip
import io
import os
import random
import shutil
import sys
from pathlib import Path

# Dictionaries belong to all copies.
DICTIONARIES = ["d_icd_diagnoses", "d_icd_procedures", "d_labitems"]
TABLES = [
    "patients",
    "admissions",
    "diagnoses_icd",
    "procedures_icd",
    "prescriptions",
    "pharmacy",
    "omr",
    "services",
    "transfers",
    "labevents",
]
# Columns that tell one copy from another, and the digit that their new values begin with.
IDENTIFIERS = {
    "subject_id": "1",
    "hadm_id": "2",
    "pharmacy_id": "3",
    "transfer_id": "4",
    "specimen_id": "5",
    "labevent_id": "6",
    "stay_id": "7",
}
COPY = b"\0"
BLOCK = 1 << 20
GROUP = 4 << 10


def find(hosp, table):
    """The file of a table, plain else compressed."""
    for name in (f"{table}.csv", f"{table}.csv.gz"):
        if (hosp / name).is_file():
            return hosp / name
    return None


def opened(path):
    """The text of a table."""
    raw = gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb")
    return io.TextIOWrapper(raw, encoding="utf-8", newline="")


class Numbers:
    """Original identifiers to small numbers, the same in every table."""

    def __init__(self):
        self.known = {column: {} for column in IDENTIFIERS}

    def digits(self, column, value):
        known = self.known[column]
        return known.setdefault(value, len(known))


def template(path, numbers):
    """Header and rows of a table, with a mark where the number of the copy belongs."""
    rows = []
    with opened(path) as text:
        reader = csv.reader(text)
        header = next(reader)
        line = io.StringIO()
        writer = csv.writer(line, lineterminator="\n")
        for row in reader:
            for place, (column, value) in enumerate(zip(header, row)):
                if not value:
                    continue
                if column in IDENTIFIERS:
                    row[place] = f"{IDENTIFIERS[column]}\0{numbers.digits(column, value)}"
                elif column == "poe_id" and "-" in value:
                    subject, order = value.split("-", 1)
                    row[place] = f"{IDENTIFIERS['subject_id']}\0{numbers.digits('subject_id', subject)}-{order}"
            writer.writerow(row)
            rows.append(line.getvalue())
            line.seek(0)
            line.truncate()
    return (",".join(header) + "\n").encode(), rows


def widened(rows, numbers):
    """The same with as many digits for every number of a column, so that no two copies can meet."""
    widths = {lead: max(3, len(str(len(numbers.known[column])))) for column, lead in IDENTIFIERS.items()}

    def widen(row):
        parts = row.split("\0")
        for place in range(1, len(parts)):
            digits = len(parts[place]) - len(parts[place].lstrip("0123456789"))
            number, rest = parts[place][:digits], parts[place][digits:]
            parts[place] = number.zfill(widths[parts[place - 1][-1]]) + rest
        return "\0".join(parts).encode()

    return [widen(row) for row in rows]


def pieces(rows, size):
    """Rows joined to texts of about so many bytes."""
    joined, length = [], 0
    for row in rows:
        joined.append(row)
        length += len(row)
        if length >= size:
            yield b"".join(joined)
            joined, length = [], 0
    if joined:
        yield b"".join(joined)


def order(count, times, shuffle, chance):
    """Which piece of which copy comes when."""
    if shuffle == "interleave":
        # A patient's rows are spread over the whole table: the first piece of every copy, then the second of every one.
        for piece in range(count):
            for copy in range(times):
                yield copy, piece
        return
    everything = [(copy, piece) for copy in range(times) for piece in range(count)]
    if shuffle == "blocks":
        chance.shuffle(everything)
    yield from everything


def write(target, header, rows, args):
    """One table of all copies, under a temporary name until it is whole."""
    texts = list(pieces(rows, GROUP if args.shuffle == "interleave" else BLOCK))
    marks = [b"%04d" % copy for copy in range(args.times)]
    chance = random.Random(f"{args.seed} {target.name}")
    partial = target.with_name(target.name + ".partial")
    with open(partial, "wb", buffering=1 << 20) as file:
        out = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1, mtime=0) if args.gz else file
        out.write(header)
        for copy, piece in order(len(texts), args.times, args.shuffle, chance):
            out.write(texts[piece].replace(COPY, marks[copy]))
        if args.gz:
            out.close()
    partial.rename(target)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosp", type=Path, required=True, help="folder of the tables to copy")
    parser.add_argument("--out", type=Path, required=True, help="folder for the copies, outside of the repository")
    parser.add_argument("--times", type=int, default=1000, help="how many copies, at most 9999")
    parser.add_argument("--tables", default=",".join(TABLES), help="which tables, with commas")
    parser.add_argument("--gz", action="store_true", help="write gzipped tables")
    parser.add_argument("--shuffle", choices=["none", "blocks", "interleave"], default="none")
    parser.add_argument("--seed", type=int, default=1, help="of the order of blocks")
    args = parser.parse_args()
    if not 1 <= args.times <= 9999:
        parser.error("--times must be 1 to 9999")
    wanted = args.tables.split(",")
    unknown = sorted(set(wanted) - set(TABLES))
    if unknown:
        parser.error(f"no such table: {', '.join(unknown)}; there are {', '.join(TABLES)}")
    repository = Path(__file__).resolve().parent.parent
    if args.out.resolve().is_relative_to(repository) and "target" not in args.out.resolve().parts:
        parser.error(f"--out must lie outside of {repository}: the tables hold patients")
    args.out.mkdir(parents=True, exist_ok=True)

    # Numbers come from all tables, so that two runs with other tables still fit together.
    numbers, read = Numbers(), {}
    for table in TABLES:
        path = find(args.hosp, table)
        if path is None:
            print(f"{table}: not there, left out", file=sys.stderr)
            continue
        read[table] = template(path, numbers)
    needed = sum(sum(map(len, rows)) + 15 * len(rows) for table, (_, rows) in read.items() if table in wanted) * args.times
    free = shutil.disk_usage(args.out).free
    needed = needed // 4 if args.gz else needed
    if needed > free - (2 << 30):
        sys.exit(f"{needed >> 30} GiB are needed and {free >> 30} GiB are free: take --gz, fewer --tables or fewer --times")

    suffix = ".csv.gz" if args.gz else ".csv"
    for table in DICTIONARIES:
        path = find(args.hosp, table)
        if path is not None:
            shutil.copyfile(path, args.out / path.name)
            os.chmod(args.out / path.name, 0o600)
    os.umask(0o077)
    for table in wanted:
        if table in read:
            header, rows = read[table]
            write(args.out / f"{table}{suffix}", header, widened(rows, numbers), args)
            print(f"{table}: {len(rows) * args.times} rows", file=sys.stderr)


if __name__ == "__main__":
    main()
