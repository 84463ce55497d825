"""Every exception of the package, and what a caller can do with each.

The tree follows one rule: a class exists if someone would catch it. What went wrong is in attributes, so that a script never
has to parse a message; the message says what happened, which value, and what to do next. No message or ``repr`` holds a secret.

    RunRegistryError
        UsageError(ValueError)          what the caller passed can't work
            FilterError                 a filter: unknown attribute, operator or status
            LogicError                  a json-logic rule
            RangeError                  lumisection ranges or a golden JSON
            LuminosityError             a file or table of luminosity
            TooManyRunsError            a question so wide that it must carry a filter
        SettingsError(ValueError)       target, credentials, settings file
        MissingExtraError(ImportError)  an optional dependency is not installed
        TransportError                  no answer, or half of one
        AuthenticationError             the registry or the sign-in service did not accept who we are
        APIError                        the registry answered with an error
            PermissionDenied, NotFound(LookupError), Conflict, ServerFault
                NotMirrored             a NotFound: a mirror does not hold what is asked about
        JobError                        a job of the JSON portal failed
        StoreError                      the database of a registry
            StoreConflict, MigrationNeeded, StoreCorrupt
                DamagedFile             a StoreCorrupt: SQLite can't read the file any more
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = [
    "APIError",
    "AuthenticationError",
    "Conflict",
    "DamagedFile",
    "FilterError",
    "JobError",
    "LogicError",
    "LuminosityError",
    "MigrationNeeded",
    "MissingExtraError",
    "NotFound",
    "NotMirrored",
    "PermissionDenied",
    "RangeError",
    "RunRegistryError",
    "ServerFault",
    "SettingsError",
    "StoreConflict",
    "StoreCorrupt",
    "StoreError",
    "TooManyRunsError",
    "TransportError",
    "UsageError",
    "nearest",
    "suggestion",
]


def nearest(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Return the known names closest to one that was mistyped, best first.

    Parameters
    ----------
    name : str
        What the user wrote.
    known : iterable of str
        What would have been right.
    limit : int
        The most names to return.

    Examples
    --------
    >>> nearest("tracker-stirp", ["tracker-strip", "dt-dt"])
    ['tracker-strip']
    """
    return difflib.get_close_matches(str(name), list(known), n=limit, cutoff=0.6)


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return `` (did you mean …?)`` for a mistyped name, or an empty string when nothing is close.

    Examples
    --------
    >>> suggestion("GOOOD", ["GOOD", "BAD"])
    ' (did you mean GOOD?)'
    >>> suggestion("zzz", ["GOOD", "BAD"])
    ''
    """
    close = nearest(name, known)
    return f" (did you mean {' or '.join(close)}?)" if close else ""


class RunRegistryError(Exception):
    """Base of every exception that this package raises on purpose.

    Attributes
    ----------
    result : Bulk or None
        Of a failure within a call about many runs: what was done before, and can be passed to the verb as ``resume_from``.
    """

    result: Any = None


class UsageError(RunRegistryError, ValueError):
    """What the caller passed can't work; nothing was sent or stored."""


class FilterError(UsageError):
    """A filter names an unknown attribute, operator or status, or has the wrong shape.

    Attributes
    ----------
    key : str or None
        The key of the filter that is wrong.
    nearest : list of str
        Known names close to it, best first.
    """

    def __init__(self, message: str, *, key: str | None = None, nearest: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.key = key
        self.nearest = list(nearest)


class LogicError(UsageError):
    """A json-logic rule can't be parsed or evaluated.

    Attributes
    ----------
    path : str
        Where in the rule, e.g. ``and[2].==[0]``; empty for the rule as a whole.
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class RangeError(UsageError):
    """Lumisection ranges, or the golden JSON that holds them, are wrong.

    Attributes
    ----------
    run_number : int or str or None
        The run (as written, where it is no number).
    ranges : object
        The range that is wrong, as it was given.
    """

    def __init__(self, message: str, *, run_number: int | str | None = None, ranges: object = None) -> None:
        super().__init__(message)
        self.run_number = run_number
        self.ranges = ranges


class LuminosityError(UsageError):
    """A file or table of luminosity is cut off, contradicts itself, or is none.

    Attributes
    ----------
    file : str or None
        Which file.
    line : int or None
        The line in it, counted from 1.
    column : str or None
        The column, as the file names it.
    """

    def __init__(self, message: str, *, file: str | None = None, line: int | None = None, column: str | None = None) -> None:
        place = (file, f"line {line}" if line else None, f"column {column}" if column else None)
        super().__init__(": ".join([*filter(None, place), message]))
        self.file = file
        self.line = line
        self.column = column


class TooManyRunsError(UsageError):
    """A question would answer with more rows than a query without filter may."""


class SettingsError(RunRegistryError, ValueError):
    """A target, credential, settings file or environment variable can't be used."""


class MissingExtraError(RunRegistryError, ImportError):
    """An optional dependency is not installed; the message holds the line that installs it.

    Attributes
    ----------
    extra : str
        The extra of the distribution, e.g. ``server``.
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs packages that are not installed. Install them with: pip install 'runregistry[{extra}]'")
        self.extra = extra


class TransportError(RunRegistryError):
    """No answer came, or only half of one: the connection failed, timed out or was cut."""


class AuthenticationError(RunRegistryError):
    """The registry or the sign-in service did not accept who we are."""


class APIError(RunRegistryError):
    """The registry answered with an error.

    Attributes
    ----------
    status : int
        HTTP status of the answer.
    body : str
        Text of the answer.
    """

    def __init__(self, message: str, *, status: int = 500, body: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.body = body


class PermissionDenied(APIError):
    """The user is in no e-group that may do this."""

    def __init__(self, message: str, *, status: int = 401, body: str = "") -> None:
        super().__init__(message, status=status, body=body)


class NotFound(APIError, LookupError):
    """A run, dataset, JSON or item that was named does not exist."""

    def __init__(self, message: str, *, status: int = 404, body: str = "") -> None:
        super().__init__(message, status=status, body=body)


class NotMirrored(NotFound):
    """A mirror does not hold what was asked about; the message says what it holds, and how the rest is fetched."""

    def __init__(self, message: str, *, status: int = 421, body: str = "") -> None:
        super().__init__(message, status=status, body=body)


class Conflict(APIError):
    """The state of the registry does not allow the change (a run that is not OPEN, an item edited by someone else)."""

    def __init__(self, message: str, *, status: int = 409, body: str = "") -> None:
        super().__init__(message, status=status, body=body)


class ServerFault(APIError):
    """The registry itself failed; nothing of the change was stored."""


class JobError(RunRegistryError):
    """A job of the JSON portal failed.

    Attributes
    ----------
    job_id : int or None
        The job.
    """

    def __init__(self, message: str, *, job_id: int | None = None) -> None:
        super().__init__(message)
        self.job_id = job_id


class StoreError(RunRegistryError):
    """The database of a registry can't be used."""


class StoreConflict(StoreError):
    """Another writer changed the same thing first, or holds the database; the change was rolled back and can be repeated."""


class MigrationNeeded(StoreError):
    """The database was made by another version of the package."""


class StoreCorrupt(StoreError):
    """The file is not a registry, or its projections do not follow from its events."""


class DamagedFile(StoreCorrupt):
    """The file of a registry was cut or overwritten: SQLite can't read it any more."""
