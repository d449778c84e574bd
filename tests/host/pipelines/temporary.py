"""A temporary folder, an exit handler, an open file and a log handler, all made at import."""

import atexit
import logging
import os
import sys
import tempfile

import luigi

DATA = os.environ["HOST_TEST_DATA"]
FOLDER = tempfile.TemporaryDirectory()
FILE = open(f"{DATA}/module_file.txt", "w")
FILE.write("header\n")


@atexit.register
def leave():
    with open(f"{DATA}/atexit.txt", "a") as f:
        f.write(f"{os.getpid()}\n")


logging.getLogger().addHandler(logging.FileHandler(f"{DATA}/app.log"))
logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))
logging.getLogger().setLevel(logging.INFO)


class T(luigi.Task):
    def run(self):
        print("folder exists", os.path.isdir(FOLDER.name))
        FILE.write(f"from {os.getpid()}\n")
        logging.info("hello from %d", os.getpid())

    def complete(self):
        return False
