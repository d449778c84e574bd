"""A pool and a log listener at import: threads, pipes and a child process."""

import logging.handlers
import multiprocessing
import queue

import luigi

POOL = multiprocessing.Pool(1)
LISTENER = logging.handlers.QueueListener(queue.Queue())
LISTENER.start()


class P(luigi.Task):
    def complete(self):
        return False
