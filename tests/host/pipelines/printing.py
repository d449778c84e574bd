"""Prints at import, without a newline's flush: no task may print it again."""

import luigi

print("printed at import")


class P(luigi.Task):
    def run(self):
        print("in run")

    def complete(self):
        return False
