"""A module whose import fails."""

raise RuntimeError("this module does not want to be imported")
