"""Its import fails after a task class was made."""

import luigi


class A(luigi.Task):
    pass


raise RuntimeError("no config")
