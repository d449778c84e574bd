"""Exceptions as values: {"where", "type", "message", "traceback"}, never longer than a limit."""

from __future__ import annotations

import traceback
from typing import Any

TEXT_MAX = 1 << 16


def cap(text: str, limit: int = TEXT_MAX) -> str:
    """Head and tail of a text that is too long."""
    if len(text) <= limit:
        return text
    left_out = len(text) - limit
    return f"{text[: limit // 2]}\n… {left_out} characters left out …\n{text[-(limit // 2) :]}"


def describe_error(where: str, error: BaseException) -> dict[str, Any]:
    kind = type(error).__name__
    try:
        message = str(error)
    except Exception:  # a user's __str__ may raise
        message = ""
    try:
        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except Exception:
        trace = ""
    return {"where": where, "type": kind, "message": cap(message) or kind, "traceback": cap(trace)}
