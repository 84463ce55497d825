"""What is certified: the datasets of a registry, a database, a file, or of this process, as one snapshot."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from runregistry.client import Client, read_settings
from runregistry.engine import Snapshot
from runregistry.errors import MissingExtraError, SettingsError, UsageError, suggestion
from runregistry.filters.similar import similar_to
from runregistry.model import CertifiedDataset
from runregistry.model.as_of import AsOf

__all__ = ["EMBEDDED", "Asked", "Origin", "Read", "is_database", "is_remote", "nothing_matches", "read_source", "target_name"]

_FILES = (".parquet", ".csv", ".csv.gz", ".json")
_DATABASES = ("sqlite", "postgresql", "postgres")
EMBEDDED = "embedded"


class Asked(NamedTuple):
    """Which datasets.

    Attributes
    ----------
    dataset_name_filter : str
        As the JSON portal has it.
    run_min, run_max : int or None
        Closed bounds.
    runs : sequence of int or None
        Only these.
    """

    dataset_name_filter: str
    run_min: int | None = None
    run_max: int | None = None
    runs: Sequence[int] | None = None

    @property
    def is_of_all_runs(self) -> bool:
        """Whether runs are not chosen."""
        return self.run_min is None and self.run_max is None and self.runs is None

    def has(self, run_number: int) -> bool:
        """Whether a run is asked for."""
        return (
            (self.run_min is None or run_number >= self.run_min)
            and (self.run_max is None or run_number <= self.run_max)
            and (self.runs is None or run_number in self.runs)
        )


class Origin(NamedTuple):
    """Where datasets came from, as provenance tells it; never a secret.

    Attributes
    ----------
    kind : str
        ``registry`` (over HTTP), ``database``, ``file`` or ``memory``.
    name : str
        Target, URL or path.
    version : int or None
        The newest version of the registry that was read, its ``atomic_version``.
    sha256 : str or None
        Of a file.
    """

    kind: str
    name: str
    version: int | None = None
    sha256: str | None = None


class Read(NamedTuple):
    """What was read."""

    snapshot: Snapshot
    origin: Origin


def is_remote(source: Any) -> bool:
    """Whether a source is a registry that is asked over HTTP.

    Examples
    --------
    >>> is_remote("production"), is_remote("https://registry.example.org"), is_remote("embedded"), is_remote("year.parquet")
    (True, True, False, False)
    """
    if source is None:
        return read_settings(None).target_name != EMBEDDED
    if isinstance(source, Client):
        return True
    return isinstance(source, str) and source != EMBEDDED and not _is_database(source) and not _is_file(source)


def is_database(source: Any) -> bool:
    """Whether a source is the database of a registry, which has a history.

    Examples
    --------
    >>> is_database("embedded"), is_database("sqlite:///registry.sqlite"), is_database("year.parquet")
    (True, True, False)
    """
    if isinstance(source, str | os.PathLike):
        return source == EMBEDDED or _is_database(source) or not (is_remote(source) or _is_file(source))
    return not is_remote(source) and (source is None or hasattr(source, "as_of"))


def read_source(source: Any, asked: Asked, *, as_of: AsOf | None = None) -> Read:
    """Read the datasets that are certified.

    Parameters
    ----------
    source : str, path, Client, Store, Snapshot, sequence of CertifiedDataset, or None
        See `runregistry.certification.create`.
    as_of : int, str, datetime or date, optional
        As they were after this version; registries only.

    Raises
    ------
    UsageError
        It is no source; nothing there matches; it has no history.
    """
    if as_of is not None and not (is_remote(source) or is_database(source)):
        raise UsageError("only a registry knows its past: leave as_of out, or name a target or a database")
    if isinstance(source, Snapshot):
        return Read(_selected(source, asked), Origin("memory", "snapshot"))
    if is_remote(source):
        return _read_remote(source, asked, as_of)
    if isinstance(source, str | os.PathLike) and _is_file(source) and not _is_sqlite(source):
        return _read_file(Path(source), asked)
    if source is None or isinstance(source, str | os.PathLike):
        return _read_database(source, asked, as_of)
    if hasattr(source, "as_of"):
        from runregistry.certification.stored import read_stored

        return read_stored(source, asked, as_of)
    if isinstance(source, Iterable):
        return Read(_selected(Snapshot.of(_in_order(source)), asked), Origin("memory", "datasets"))
    raise UsageError(f"can't certify {type(source).__name__}: name a target, a database, a file, or give datasets or a Snapshot")


def _read_remote(source: Any, asked: Asked, as_of: AsOf | None) -> Read:
    from runregistry.certification.remote import read_remote

    if not isinstance(source, Client):
        with Client(source) as client:
            return _read_remote(client, asked, as_of)
    version = None if as_of is None else int(source.version(as_of)["atomic_version"])
    return Read(read_remote(source, asked, version), Origin("registry", target_name(source), version))


def target_name(client: Client) -> str:
    """Return what a client's registry is called: the target, or the URL without what might be a secret."""
    settings = client.settings
    if "://" not in settings.target_name:
        return settings.target_name
    parts = urlsplit(settings.base_url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _read_database(source: str | os.PathLike[str] | None, asked: Asked, as_of: AsOf | None) -> Read:
    try:
        from runregistry.certification.stored import read_stored
        from runregistry.local import default_database
        from runregistry.store import Store
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "runregistry":
            raise
        raise MissingExtraError("A registry's database", "server") from error
    database = default_database() if source is None or source == EMBEDDED else source
    check_there(database)
    with Store(database) as store:
        return read_stored(store, asked, as_of)


def check_there(database: str | os.PathLike[str]) -> None:
    """Refuse a SQLite file that is not there: a question must not make an empty registry of a mistyped name."""
    text = os.fspath(database)
    path = text.removeprefix("sqlite:///") if text.startswith("sqlite:///") else "" if "://" in text else text
    if path and not os.path.exists(path):
        raise SettingsError(f"there is no registry at {path}: name a target, a database or a file that exists")


def _read_file(path: Path, asked: Asked) -> Read:
    if not path.is_file():
        raise UsageError(f"there is no file {path}: name a database, or a file of datasets (.parquet) or of lumisections (.csv)")
    snapshot = _snapshot_of(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Read(_selected(snapshot, asked), Origin("file", os.fspath(path), sha256=digest))


def _snapshot_of(path: Path) -> Snapshot:
    if path.suffix != ".parquet":
        return Snapshot.from_oms_file(path)
    try:
        return Snapshot.read(path)
    except UsageError:  # no file of datasets: one of lumisections, or of neither kind, which is said then
        return Snapshot.from_oms_file(path)


def _selected(snapshot: Snapshot, asked: Asked) -> Snapshot:
    pattern = similar_to(asked.dataset_name_filter)
    if not any(pattern.fullmatch(name) for name in set(snapshot.names)):
        raise nothing_matches(asked.dataset_name_filter, set(snapshot.names))
    runs = None if asked.is_of_all_runs else {number for number in snapshot.run_numbers.tolist() if asked.has(number)}
    return snapshot.select(asked.dataset_name_filter, runs=runs)


def nothing_matches(dataset_name_filter: str, names: Collection[str]) -> UsageError:
    """Return the error for a filter that no dataset matches."""
    close = suggestion(dataset_name_filter, names)
    some = ", ".join(sorted(names)[:5]) or "none at all"
    return UsageError(f"no dataset is called {dataset_name_filter}{close}; there are {some}{', …' if len(names) > 5 else ''}")


def _in_order(datasets: Iterable[Any]) -> list[CertifiedDataset]:
    found = list(datasets)
    strange = next((each for each in found if not isinstance(each, CertifiedDataset)), None)
    if strange is not None:
        raise UsageError(f"can't certify {strange!r:.80}: a sequence must hold CertifiedDataset")
    return sorted(found, key=lambda dataset: (dataset.run_number, dataset.name))


def _is_database(source: str | os.PathLike[str]) -> bool:
    text = os.fspath(source)
    return (text.partition("://")[0].partition("+")[0] in _DATABASES and "://" in text) or _is_sqlite(source)


def _is_sqlite(source: str | os.PathLike[str]) -> bool:
    text = os.fspath(source)
    if text.endswith((".sqlite", ".sqlite3", ".db")):
        return True
    try:
        with open(text, "rb") as file:
            return file.read(16) == b"SQLite format 3\0"
    except (OSError, ValueError):
        return False


def _is_file(source: str | os.PathLike[str]) -> bool:
    return isinstance(source, os.PathLike) or (source.lower().endswith(_FILES) and "://" not in source)
