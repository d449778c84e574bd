"""RQ's side of the bench: the job, and what sends `count` of them and waits for their ends.

rq_jobs.py PORT COUNT FOLDER     Redis's port; prints seconds from the first sent to the last ended
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


def write(n: int, folder: str) -> None:
    """What the Luigi task does, without Luigi: a file that appears whole."""
    part = f"{folder}/{n}.part"
    Path(part).write_text(str(os.getpid()))
    os.rename(part, f"{folder}/{n}")


def main() -> None:
    from redis import Redis
    from rq import Queue

    port, count, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    queue = Queue(connection=Redis(port=port))
    start = time.perf_counter()
    queue.enqueue_many([Queue.prepare_data("rq_jobs.write", (n, folder)) for n in range(count)])
    while queue.count + queue.started_job_registry.count > 0:
        time.sleep(0.005)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()
