"""A process started at import: it is no orphan of a task and must stay alive."""

import subprocess

import luigi

HELPER = subprocess.Popen(["sleep", "600"])


class PrintsHelper(luigi.Task):
    def run(self):
        print(HELPER.pid)

    def complete(self):
        return False
