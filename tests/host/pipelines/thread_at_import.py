"""A thread that holds a lock most of the time: a fork has the lock, but not the thread."""

import threading
import time

import luigi

lock = threading.Lock()


def work():
    while True:
        with lock:
            time.sleep(0.05)


threading.Thread(target=work, daemon=True, name="metrics-flusher").start()


class UsesLock(luigi.Task):
    def run(self):
        if not lock.acquire(timeout=2):
            raise RuntimeError("the lock is held by a thread that does not exist here")

    def complete(self):
        return False
