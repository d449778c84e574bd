# Lets the tests here import what they test: the pipelines, and fetch_data.py beside them.

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "pipelines")]
