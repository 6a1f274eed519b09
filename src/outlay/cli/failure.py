"""Errors become one message and one exit code: what, where, what is allowed, what next."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from outlay.cli.command import FAILED, WRONG_USE

DEBUG_VARIABLE = "OUTLAY_DEBUG"


def report(error: BaseException, *, as_json: bool) -> int:
    """Print an error to stderr and give the exit code for it.

    Expected errors are those of the rooms; anything else is a defect and says how to report it.
    With OUTLAY_DEBUG=1 the traceback is printed too.
    """
    if os.environ.get(DEBUG_VARIABLE) == "1":
        import traceback

        traceback.print_exception(error)
    code, expected = _judge(error)
    message = str(error).strip() or type(error).__name__
    if not expected:
        message = (
            f"{type(error).__name__}: {message}\nThis is a defect of Outlay, not of your bill. "
            f"Run it again with {DEBUG_VARIABLE}=1 and report what it prints."
        )
    if as_json:
        detail: dict[str, Any] = getattr(error, "to_dict", dict)()
        body: dict[str, Any] = {
            "error": {
                "type": type(error).__name__,
                "message": message,
                "exit_code": code,
                "retryable": bool(getattr(error, "retryable", False)),
            }
        }
        body["error"] |= {key: value for key, value in detail.items() if value}
        body["error"]["message"] = message
        print(json.dumps(body, ensure_ascii=False, indent=2), file=sys.stderr)
    else:
        print(f"Error: {message}", file=sys.stderr)
    return code


def usage(message: str, *, as_json: bool, hint: str) -> int:
    """Print what is wrong with the command line itself; exit code 2."""
    if as_json:
        error = {"type": "UsageError", "message": message, "exit_code": WRONG_USE, "hint": hint}
        print(json.dumps({"error": error}, ensure_ascii=False, indent=2), file=sys.stderr)
    else:
        print(f"Error: {message}\n{hint}", file=sys.stderr)
    return WRONG_USE


# By class name, looked up along the error's bases: importing every room only to compare classes
# would make a mistyped option as slow as a query. docs/errors.md lists the same names.
EXIT_CODES = {
    "ResourceNotFoundError": FAILED,
    "ResourceConflictError": FAILED,
    "ResourceInUseError": FAILED,
    "ResourceError": WRONG_USE,
    "QueryError": WRONG_USE,
    "PeriodError": WRONG_USE,
    "MoneyError": WRONG_USE,
    "AmbiguousKind": WRONG_USE,
    "AccessError": FAILED,
    "WorkspaceError": FAILED,
    "SourceError": FAILED,
    "LakeError": FAILED,
    "StatementError": FAILED,
    "PlanError": FAILED,
    "ReportError": FAILED,
    "AlertError": FAILED,
    "DeliveryError": FAILED,
}


def _judge(error: BaseException) -> tuple[int, bool]:
    """The exit code, and whether the error is one that the product means to give."""
    if getattr(error, "wrong_use", False):
        return WRONG_USE, True
    for base in type(error).__mro__:
        if base.__module__.startswith("outlay.") and base.__name__ in EXIT_CODES:
            return EXIT_CODES[base.__name__], True
    return FAILED, False
