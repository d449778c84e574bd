"""Targets as data: a kind and a URI that headrace can check by itself, or "opaque".

A kind is only claimed when Luigi's own exists() would be called: a class that overrides it, or
whose file system is not Luigi's own, is opaque, and the session's complete() decides.
"""

from __future__ import annotations

import os
from typing import Any

SECRET_WORDS = ("secret", "token", "password", "key")


class TargetKinds:
    """Remembers the kind of each class."""

    def __init__(self) -> None:
        import luigi.local_target
        import luigi.target

        self._local = luigi.local_target.LocalTarget
        self._local_fs = luigi.local_target.LocalFileSystem
        self._fs_exists = luigi.target.FileSystemTarget.exists
        self._kinds: dict[type, str] = {}
        self._cwd = os.getcwd()

    def describe(self, target: Any) -> list[Any]:
        """[kind, uri] · [kind, uri, client's options] · ["opaque", path or None, class]."""
        cls = type(target)
        kind = self._kinds.get(cls)
        if kind is None:
            kind = self._kinds[cls] = self._kind(cls)
        if kind == "file" and "fs" not in target.__dict__ and "exists" not in target.__dict__:
            path = target.path
            if path.isascii() or _is_utf8(path):
                return ["file", path if path[:1] == "/" else os.path.join(self._cwd, path)]
        if kind in ("s3", "s3flag") and type(target.fs).__name__ == "S3Client":
            uri = target.path + (target.flag if kind == "s3flag" else "")
            options = _public_options(getattr(target.fs, "_options", {}))
            return ["s3", uri, options] if options else ["s3", uri]
        path = getattr(target, "path", None)
        return [
            "opaque",
            path if isinstance(path, str) else None,
            f"{cls.__module__}.{cls.__name__}",
        ]

    def _kind(self, cls: type) -> str:
        if (
            issubclass(cls, self._local)
            and cls.exists is self._fs_exists
            and type(cls.fs) is self._local_fs
        ):
            return "file"
        # By name: importing luigi.contrib.s3 here would be a cost for everybody.
        bases = {(base.__module__, base.__name__): base for base in cls.__mro__}
        flag = bases.get(("luigi.contrib.s3", "S3FlagTarget"))
        if flag and cls.exists is flag.exists:
            return "s3flag"
        if not flag and ("luigi.contrib.s3", "S3Target") in bases and cls.exists is self._fs_exists:
            return "s3"
        return "opaque"


def _is_utf8(path: str) -> bool:
    """False for a file name with bytes that are no UTF-8 (lone surrogates in Python)."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _public_options(options: dict[str, Any]) -> dict[str, str]:
    return {
        name: str(value)
        for name, value in options.items()
        if not any(word in name.lower() for word in SECRET_WORDS)
    }
