"""Ends the interpreter rudely."""

import os

print("about to abort", flush=True)
os.abort()
