"""Targets on S3, described without boto3."""

import luigi
from luigi.contrib.s3 import S3Client, S3FlagTarget, S3Target


class S3(luigi.Task):
    def output(self):
        return [
            S3Target("s3://b/k.txt"),
            S3FlagTarget("s3://b/dir/"),
            S3FlagTarget("s3://b/d2/", flag="_OK"),
            S3Target(
                "s3://b/z",
                client=S3Client(endpoint_url="http://x", aws_secret_access_key="not to be told"),
            ),
        ]
