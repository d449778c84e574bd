"""A namespace without a scope: it leaks into what is imported later."""

import luigi

luigi.namespace("teamA")


class A1(luigi.Task):
    pass
