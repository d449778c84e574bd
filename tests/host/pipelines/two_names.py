"""Imports one file under two names."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "pkg"))
import other  # noqa: E402, F401

import pkg.other  # noqa: E402, F401
