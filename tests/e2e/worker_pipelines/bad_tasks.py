"""Tasks that behave badly, each in a way of its own. None is ever complete before it has run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import luigi


class Marked(luigi.Task):
    """Leaves a file in `out` named after its family: its target, written by `finish`."""

    out = luigi.Parameter(significant=False)

    def output(self) -> luigi.LocalTarget:
        return luigi.LocalTarget(f"{self.out}/{self.task_id}")

    def finish(self) -> None:
        with self.output().open("w") as target:
            target.write("done")

    def note(self, name: str, text: str) -> None:
        """A file beside the target, there at once and whole."""
        path = Path(self.out, name)
        path.with_suffix(".part").write_text(text)
        path.with_suffix(".part").rename(path)


class Quiet(Marked):
    n = luigi.IntParameter(default=0)

    def run(self) -> None:
        self.finish()


class Loud(Marked):
    """Prints 100 MB, with a line at its start and one at its end."""

    def run(self) -> None:
        print("the first line")
        for number in range(100):
            sys.stdout.write(f"{number:07}" + "x" * (1 << 20) + "\n")
        print("the last line")
        self.finish()


class Garbled(Marked):
    """Prints bytes that are no UTF-8."""

    def run(self) -> None:
        os.write(1, b"before \xff\xfe\x80 after\n")
        os.write(2, b"\xc3(\n")
        self.finish()


class Grandparent(Marked):
    """Leaves processes behind: one in its group, one that has made itself a daemon."""

    def run(self) -> None:
        child = subprocess.Popen(["sleep", "600"])
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                self.note("daemon.pid", str(os.getpid()))
                time.sleep(600)
            os._exit(0)
        os.wait()
        while not Path(self.out, "daemon.pid").exists():
            time.sleep(0.01)
        self.note("child.pid", str(child.pid))
        self.finish()


class Stubborn(Marked):
    """Ignores SIGTERM and does not end."""

    def run(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self.note("stubborn.pid", str(os.getpid()))
        time.sleep(600)


class TimedOut(Stubborn):
    worker_timeout = 1


class Signalled(Marked):
    """Ends by a signal of its own."""

    def run(self) -> None:
        print("about to end", flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
        time.sleep(600)


class Hungry(Marked):
    """Takes memory without end."""

    def run(self) -> None:
        taken = []
        while True:
            taken.append(bytearray(64 << 20))


class Threaded(Marked):
    """run() returns while a thread of it goes on for a while."""

    def run(self) -> None:
        def later() -> None:
            time.sleep(0.5)
            self.note("thread", "ended")
            print("the thread has ended")

        threading.Thread(target=later).start()
        self.finish()


class Raising(Marked):
    def run(self) -> None:
        raise ValueError("no such luck")


class Waiting(Marked):
    """Runs until the file `go` is there."""

    n = luigi.IntParameter(default=0)

    def run(self) -> None:
        self.note(f"started-{self.n}-{os.environ['HEADRACE_ATTEMPT']}", str(os.getpid()))
        while not Path(self.out, "go").exists():
            time.sleep(0.02)
        self.finish()
