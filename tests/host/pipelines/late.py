"""Imported by a requires(), not by a module's head."""

import luigi


class LateTask(luigi.Task):
    def complete(self):
        return False

    def run(self):
        print("late")
