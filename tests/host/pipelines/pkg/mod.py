"""Relative imports."""

import luigi

from . import other


class R(luigi.Task):
    def requires(self):
        return other.Other()

    def run(self):
        print("relative ok")

    def complete(self):
        return False
