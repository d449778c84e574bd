"""Ends the interpreter politely."""

import sys

sys.exit("bye")
