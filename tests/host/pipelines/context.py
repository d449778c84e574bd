"""A task_process_context, named in luigi.cfg."""

import os


class Context:
    def __init__(self, process):
        self.process = process

    def __enter__(self):
        os.write(1, b"context enter\n")

    def __exit__(self, kind, *_):
        os.write(1, f"context exit {kind}\n".encode())
