#!/usr/bin/env python3
"""Are two runs' outputs the same, byte for byte?

    manifest.py FOLDER             prints the manifest, as sha256sum would
    manifest.py FOLDER OTHER       prints what differs; exit code 1 if anything does

A manifest maps each file below a folder to its sha256; folders alone do not count.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

Manifest = dict[str, str]  # path from the folder, with / -> sha256, hexadecimal


def manifest(folder: Path) -> Manifest:
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder}: no folder of outputs")
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def differences(one: Path, other: Path) -> list[str]:
    """One line a file that is not the same in both; empty when all are."""
    ours, theirs = manifest(one), manifest(other)
    lines = []
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in theirs:
            lines.append(f"{name}: only in {one}")
        elif name not in ours:
            lines.append(f"{name}: only in {other}")
        elif ours[name] != theirs[name]:
            lines.append(f"{name}: differs ({ours[name][:12]}, {theirs[name][:12]})")
    return lines


def main(arguments: list[str]) -> int:
    if len(arguments) == 1:
        for name, digest in manifest(Path(arguments[0])).items():
            print(f"{digest}  {name}")
        return 0
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    lines = differences(Path(arguments[0]), Path(arguments[1]))
    print("\n".join(lines) or f"the same {len(manifest(Path(arguments[0])))} files")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
