"""Defaults that were true when the module was imported."""

import datetime as dt

import luigi


class Daily(luigi.Task):
    date = luigi.DateParameter(default=dt.date.today())
    hour = luigi.DateHourParameter(default=dt.datetime.utcnow())
    yesterday = luigi.DateParameter(default=dt.date.today() - dt.timedelta(1))
    fixed = luigi.DateParameter(default=dt.date(2020, 1, 1))
