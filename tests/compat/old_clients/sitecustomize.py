"""Names that Luigi 2.8 needs of the standard library and that Python has dropped since."""

import collections
import collections.abc
import inspect
import random
from typing import Any

for name in ("Mapping", "MutableMapping", "Hashable", "Iterable", "Callable", "Sequence"):
    if not hasattr(collections, name):
        setattr(collections, name, getattr(collections.abc, name))

if not hasattr(inspect, "ArgSpec"):
    ArgSpec = collections.namedtuple("ArgSpec", "args varargs keywords defaults")

    def getargspec(function: Any) -> Any:
        spec = inspect.getfullargspec(function)
        return ArgSpec(spec.args, spec.varargs, spec.varkw, spec.defaults)

    inspect.ArgSpec = ArgSpec  # type: ignore[attr-defined]
    inspect.getargspec = getargspec  # type: ignore[attr-defined]

_seed = random.seed


def _seed_of_anything(a: object = None, version: int = 2) -> None:
    _seed(repr(a) if isinstance(a, tuple) else a, version)  # a tuple was taken until Python 3.11


random.seed = _seed_of_anything
