"""Makes every later fork of this process fail: another user, who may have one process."""

import os
import resource

import luigi

if os.getuid() == 0:
    os.setuid(65534)
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))


class F(luigi.Task):
    pass
