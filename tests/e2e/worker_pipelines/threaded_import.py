"""A module that starts a thread when it is imported: it cannot be forked."""

import threading
import time

from bad_tasks import Marked

threading.Thread(target=time.sleep, args=(3600,), name="poller", daemon=True).start()


class Safe(Marked):
    def run(self) -> None:
        self.finish()
