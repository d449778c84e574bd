"""Boom(how=…): tasks that behave in every way that a worker must stand. Say: one that reports."""

import atexit
import concurrent.futures
import ctypes
import gc
import logging
import multiprocessing
import os
import random
import signal
import sys
import threading
import time
import uuid

import luigi

DATA = os.environ.get("HOST_TEST_DATA", "/tmp/headrace-host-test")
log = logging.getLogger(__name__)


class Say(luigi.Task):
    accepts_messages = True

    def output(self):
        return luigi.LocalTarget(f"{DATA}/say.txt")

    def run(self):
        print("hello out")
        print("hello err", file=sys.stderr)
        os.write(1, b"raw\n")
        os.system("echo from shell")
        log.warning("user log")
        self.set_status_message("half")
        self.set_progress_percentage(50)
        self.set_tracking_url("http://t/1")
        self.decrease_running_resources({"db": 1})
        end = time.time() + 5
        while time.time() < end:
            if not self.scheduler_messages.empty():
                message = self.scheduler_messages.get()
                message.respond(f"got {message}")
                break
            time.sleep(0.01)
        print("no newline at end", end="")

    def on_success(self):
        return {"expl": 1}


class Boom(luigi.Task):
    how = luigi.Parameter()
    answer = None

    def run(self):
        getattr(self, f"do_{self.how}")()

    def on_success(self):
        return self.answer

    def complete(self):
        return False

    def do_raise(self):
        raise ValueError("bad é\udc80")

    def do_exit0(self):
        sys.exit(0)

    def do_exit3(self):
        sys.exit(3)

    def do__exit0(self):
        os._exit(0)

    def do__exit5(self):
        print("before")
        os._exit(5)

    def do_kbd(self):
        raise KeyboardInterrupt

    def do_sigint(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)

    def do_segv(self):
        ctypes.string_at(0)

    def do_abort(self):
        os.abort()

    def do_kill9(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def do_killgroup(self):
        os.killpg(0, signal.SIGKILL)

    def do_killparent(self):
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(10)

    def do_closefds(self):
        os.closerange(0, 256)

    def do_recursion(self):
        def f():
            return f()

        f()

    def do_memory(self):
        bytearray(1 << 40)

    def do_sleep(self):
        time.sleep(60)

    def do_stubborn(self):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("ignoring", flush=True)
        time.sleep(60)

    def do_thread(self):
        threading.Thread(target=lambda: (time.sleep(0.3), print("thread done"))).start()

    def do_endless_thread(self):
        threading.Thread(target=lambda: time.sleep(60)).start()

    def do_atexit(self):
        atexit.register(lambda: print("task atexit ran"))

    def do_daemonize(self):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                with open(f"{DATA}/daemon.part", "w") as f:
                    f.write(str(os.getpid()))
                os.rename(f"{DATA}/daemon.part", f"{DATA}/daemon.pid")  # there is a whole one
                time.sleep(60)
            os._exit(0)
        os.wait()
        while not os.path.exists(f"{DATA}/daemon.pid"):
            time.sleep(0.01)

    def do_background(self):
        os.system(f"sleep 60 & echo $! > {DATA}/bg.pid")

    def do_pool(self):
        with multiprocessing.Pool(2) as pool:
            print(sum(pool.map(abs, range(-10, 0))))

    def do_queue(self):
        queue = multiprocessing.Queue()
        process = multiprocessing.Process(target=queue.put, args=(7,))
        process.start()
        print(queue.get())
        process.join()

    def do_spawn(self):
        self.in_pool("spawn")

    def do_forkserver(self):
        self.in_pool("forkserver")

    def in_pool(self, method):
        context = multiprocessing.get_context(method)
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
            print(sum(pool.map(abs, range(-10, 0))))

    def do_huge(self):
        for _ in range(50):
            print("x" * (1 << 20))

    def do_hugeexc(self):
        raise ValueError("y" * (20 << 20))

    def do_badexpl(self):
        self.answer = object()

    def do_nan(self):
        self.answer = {"x": float("nan"), (1, 2): float("inf")}

    def do_random(self):
        print(random.random(), uuid.uuid4().hex, uuid.uuid1().hex)

    def do_collect(self):
        gc.collect()

    def do_fds(self):
        print(sorted(int(fd) for fd in os.listdir("/proc/self/fd")))

    def do_environment(self):
        print(os.environ.get("HEADRACE_ATTEMPT"), os.environ.get("PYTHONPATH"))

    def do_path(self):
        print("\n".join(sys.path))
