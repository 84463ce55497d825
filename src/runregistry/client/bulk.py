"""What became of a call about many runs: what was found, what failed and why, and what was not tried."""

from __future__ import annotations

import os
import warnings
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, Self, TypeAlias, TypedDict, TypeVar, get_args

from runregistry.client import frames
from runregistry.client.progress import Progress
from runregistry.client.retries import is_unknown
from runregistry.errors import RunRegistryError, UsageError, suggestion

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

__all__ = ["Bulk", "BulkOptions", "ChangeOptions", "How", "OnError", "settle", "settle_interrupted"]

OnError: TypeAlias = Literal["raise", "warn", "keep"]

K = TypeVar("K", bound=Hashable)
_SHOWN = 3


class Bulk(Mapping[K, Any], Generic[K]):
    """Answers about many things, by what was asked: a run number, ``(run_number, dataset_name)`` or an edit.

    A mapping of what was found, in the order of the question. An incomplete one can be passed as ``resume_from`` to the same
    verb, which then asks for the rest only.

    Parameters
    ----------
    verb : str
        What was asked.
    keys : sequence
        All that was asked for; each once.
    is_change : bool
        Whether something was to be changed: then it matters which failures may have been applied all the same.
    kind : Kind, optional
        What is found, so that a table has its columns even if nothing was.

    Attributes
    ----------
    keys_asked : tuple
        All that was asked for.
    failed : dict
        Failures, by key.

    Examples
    --------
    >>> bulk = Bulk("ranges_of", [(1, "online"), (2, "online")])
    >>> bulk.put((1, "online"), [{"start": 1, "end": 5}])
    >>> bulk
    Bulk(ranges_of: 1 of 2 done, 1 not tried)
    >>> bulk.pending
    [(2, 'online')]
    """

    def __init__(self, verb: str, keys: Iterable[K], *, is_change: bool = False, kind: frames.Kind = frames.PLAN) -> None:
        self.verb = verb
        self.kind = kind
        self.keys_asked = tuple(dict.fromkeys(keys))
        self.is_change = is_change
        self.failed: dict[K, RunRegistryError] = {}
        self._found: dict[K, Any] = {}

    def __getitem__(self, key: K) -> Any:
        if key in self.failed:
            raise KeyError(f"{key!r} failed: {self.failed[key]}")
        return self._found[key]

    def __iter__(self) -> Iterator[K]:
        return (key for key in self.keys_asked if key in self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        parts = [f"{len(self)} of {len(self.keys_asked)} done"]
        parts += [f"{len(self.failed)} failed"] if self.failed else []
        parts += [f"{len(self.pending)} not tried"] if self.pending else []
        return f"Bulk({self.verb}: {', '.join(parts)})"

    @property
    def pending(self) -> list[K]:
        """What was neither answered nor refused: not tried, because the call ended before."""
        return [key for key in self.keys_asked if key not in self._found and key not in self.failed]

    @property
    def unknown(self) -> list[K]:
        """Changes that failed in such a way that they may have been applied: look before you ask for them again."""
        lost = {key for key, fault in self.failed.items() if self.is_change and is_unknown(fault)}
        return [key for key in self.keys_asked if key in lost]

    @property
    def is_complete(self) -> bool:
        """Whether everything that was asked for was found or done."""
        return len(self) == len(self.keys_asked)

    def put(self, key: K, outcome: Any) -> None:
        """Keep what came of one key: the answer, or the failure."""
        if isinstance(outcome, RunRegistryError):
            self.failed[key] = outcome
        else:
            self._found[key] = outcome

    def again(self, verb: str) -> Self:
        """Return a copy in which what may be tried again is pending.

        Raises
        ------
        UsageError
            It is the result of another verb.
        """
        if not isinstance(self, Bulk) or verb != self.verb:
            what = self.verb if isinstance(self, Bulk) else type(self).__name__
            raise UsageError(f"resume_from takes what {verb} returned, or .result of its exception; this is of {what}")
        copy = type(self)(verb, self.keys_asked, is_change=self.is_change, kind=self.kind)
        copy._found = dict(self._found)
        copy.failed = {key: self.failed[key] for key in self.unknown}
        return copy

    def complaint(self) -> str:
        """Return what is missing and why, in a few lines; empty if nothing is."""
        if self.is_complete:
            return ""
        asked, missing = len(self.keys_asked), len(self.keys_asked) - len(self)
        lines = [f"{self.verb}: {missing} of {asked} are missing ({len(self.failed)} failed, {len(self.pending)} not tried)."]
        lines += [f"  {_named(key)}: {fault}" for key, fault in list(self.failed.items())[:_SHOWN]]
        if len(self.failed) > _SHOWN:
            lines.append(f"  and {len(self.failed) - _SHOWN} more in .failed")
        if self.unknown:
            lines.append(f"  {len(self.unknown)} of them may have been applied (.unknown): look before you ask for them again.")
        return "\n".join([*lines, f"{self.verb}(resume_from=…) with this result tries the rest."])

    def raise_if_incomplete(self) -> None:
        """Raise the first failure, if there is one; it has this result as ``result``.

        Raises
        ------
        RunRegistryError
            The first failure, with a note of what is missing.
        """
        for fault in self.failed.values():
            fault.result = self
            if len(self.keys_asked) > 1 and self.complaint() not in getattr(fault, "__notes__", ()):
                fault.add_note(self.complaint())
            raise fault

    def to_arrow(self, **options: Any) -> pyarrow.Table:
        """Return one table of everything that was found; details as of `runregistry.client.frames.Rows`."""
        return frames.concatenate(self.values(), self.kind).to_arrow(**options)

    def to_pandas(self, **options: Any) -> pandas.DataFrame:
        """Return one data frame of everything that was found."""
        return frames.concatenate(self.values(), self.kind).to_pandas(**options)

    def to_polars(self, **options: Any) -> polars.DataFrame:
        """Return one data frame of everything that was found."""
        return frames.concatenate(self.values(), self.kind).to_polars(**options)

    def to_csv(self, path: str | os.PathLike[str] | None = None, **options: Any) -> str | None:
        """Write one CSV file of everything that was found, or return its text."""
        return frames.concatenate(self.values(), self.kind).to_csv(path, **options)

    def to_parquet(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Write one Parquet file of everything that was found."""
        frames.concatenate(self.values(), self.kind).to_parquet(path, **options)


class BulkOptions(TypedDict, total=False):
    """What every verb about many things takes.

    Attributes
    ----------
    on_error : str
        ``raise``, as if left out: the first failure ends the call and is raised; its ``result`` holds what was done before.
        ``warn``: all are tried, and a warning says what is missing. ``keep``: all are tried, and the result says what is missing.
    keep_failed : bool
        The same as ``on_error="keep"``.
    resume_from : Bulk
        An incomplete result of the same verb: only what it lacks is asked for.
    progress : bool or callable
        Whether a bar is shown; if left out, on a terminal or in a notebook. A callable is told ``(done, total)``.
    """

    on_error: OnError
    keep_failed: bool
    resume_from: Bulk[Any] | None
    progress: Progress


class ChangeOptions(BulkOptions, total=False):
    """What every verb that changes many things takes.

    Attributes
    ----------
    dry_run : bool
        Whether nothing is changed, and the plan is returned: what each is now, what it would be, and what is in the way.
    """

    dry_run: bool


class How(NamedTuple):
    """Options of a verb, checked, with what holds where one is left out."""

    on_error: OnError = "raise"
    keep_failed: bool = False
    resume_from: Any = None
    progress: Progress = None
    dry_run: bool = False

    @classmethod
    def read(cls, verb: str, options: Mapping[str, Any], known: type = ChangeOptions) -> How:
        """Return the options of a verb.

        Raises
        ------
        TypeError
            There is no such option.
        UsageError
            ``on_error`` is none of the words.

        Examples
        --------
        >>> How.read("ranges_of", {"keep_failed": True}).on_error
        'keep'
        """
        names = known.__annotations__
        for name in options:
            if name not in names:
                raise TypeError(f"{verb}() got an unexpected keyword argument {name!r}{suggestion(name, names)}")
        how = cls(**options)
        if how.on_error not in get_args(OnError):
            words = get_args(OnError)
            raise UsageError(f"on_error={how.on_error!r}{suggestion(str(how.on_error), words)}: say one of {', '.join(words)}")
        return how._replace(on_error="keep") if how.keep_failed else how


def settle(bulk: Bulk[K], on_error: OnError) -> Bulk[K]:
    """Return a result, after the warning or the exception that its failures deserve."""
    if on_error == "raise":
        bulk.raise_if_incomplete()
    elif on_error == "warn" and not bulk.is_complete:
        warnings.warn(bulk.complaint(), stacklevel=4)
    return bulk


def settle_interrupted(bulk: Bulk[K], on_error: OnError, stop: BaseException) -> Bulk[K]:
    """Return what was done before Ctrl-C, if it is to be kept, or let what stopped the call go on with the result on it."""
    if on_error == "keep" and isinstance(stop, KeyboardInterrupt):
        return bulk
    stop.result = bulk  # type: ignore[attr-defined]
    stop.add_note(bulk.complaint())
    raise stop


def _named(key: object) -> str:
    if isinstance(key, tuple) and type(key) is tuple:
        return f"run {key[0]} {key[1]}"
    return f"run {key}" if isinstance(key, int) else repr(key)
