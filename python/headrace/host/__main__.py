"""The program: `python …/headrace/host/__main__.py --fd N --path DIR… --module M`.

Started by its path, so that the interpreter needs no PYTHONPATH for it (tasks would inherit that).
Guarded, because multiprocessing's "spawn" loads a task's main module again.
"""

import os
import sys


def _find_package() -> None:
    """Replaces this folder on sys.path (its names would hide the user's) by the package's, last."""
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.abspath(sys.path[0] or os.curdir) == here:
        del sys.path[0]
    root = os.path.dirname(os.path.dirname(here))
    if root not in sys.path:
        sys.path.append(root)


if __name__ == "__main__":
    _find_package()
    from headrace.host.zygote import main

    main()
