"""Where the logs are and where the outputs go.

The first that is set counts: the environment ($CTR_DATA, $CTR_OUT), luigi.cfg's [Folders], data/
and out/ beside luigi.cfg. They are no task parameters: a task's id is the same wherever its files
are.
"""

from __future__ import annotations

import os
from pathlib import Path

import luigi

EXAMPLE = Path(__file__).resolve().parents[2]


class Folders(luigi.Config):
    data_dir = luigi.Parameter(default="data")  # relative ones: to the example's folder
    out_dir = luigi.Parameter(default="out")


def data_path(name: str) -> str:
    return os.path.join(_folder("CTR_DATA", Folders().data_dir), name)


def out_path(name: str) -> str:
    return os.path.join(_folder("CTR_OUT", Folders().out_dir), name)


def _folder(variable: str, configured: str) -> str:
    from_environment = os.environ.get(variable)
    if from_environment:
        return os.path.abspath(from_environment)
    return str(EXAMPLE / configured)
