"""Reads luigi.cfg at import and at run."""

import luigi

AT_IMPORT = luigi.configuration.get_config().get("my", "x", "none")


class C(luigi.Task):
    p = luigi.Parameter(default="default")

    def run(self):
        config = luigi.configuration.get_config()
        print(AT_IMPORT, self.p, config.get("my", "e", "none"))

    def complete(self):
        return False
