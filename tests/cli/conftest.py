# Lets the tests here import headrace_system, which starts and asks a headrace.

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
