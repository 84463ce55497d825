"""A real registry for tests: the same server, on a free port of this machine, in a thread.

    with runregistry.testing.server(sample=True) as registry:
        runregistry.setup(registry.url)
        ...

It starts empty, with a small sample, or with the runs of a file of OMS lumisections, and is gone afterwards.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Unpack

from runregistry.client import AsyncClient, Client
from runregistry.client.settings import SettingChanges
from runregistry.errors import MissingExtraError, RunRegistryError, UsageError
from runregistry.terms import EXPERTS_EGROUP

if TYPE_CHECKING:
    from uvicorn import Server

    from runregistry.store import Store

__all__ = ["RunningRegistry", "server"]

_PATIENCE_S = 30.0


class RunningRegistry:
    """A registry that runs, and can be stopped and started again like one that is updated.

    Attributes
    ----------
    url : str
        Where it listens, also after a restart; a target for `runregistry.setup` and `Client`.
    store : Store
        Its store, to look behind what it answers.
    email, egroups : str
        Who its clients say that they are, if nothing else is said.
    """

    def __init__(self, store: Store, email: str, egroups: str) -> None:
        self.store = store
        self.email = email
        self.egroups = egroups
        self._port = 0  # any that is free
        self._served: Server | None = None
        self._thread = threading.Thread()

    def __repr__(self) -> str:
        return f"RunningRegistry({self.url!r})"

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def is_running(self) -> bool:
        """Whether it answers."""
        return self._served is not None

    def client(self, *, url: str | None = None, **changes: Unpack[SettingChanges]) -> Client:
        """Return a client of the registry, which the caller closes.

        Parameters
        ----------
        url : str, optional
            Another way to it: that of a proxy.
        **changes
            As of `Client`; ``email`` and ``egroups`` choose who it says that it is.
        """
        return Client(url or self.url, **self._settings(changes))

    def async_client(self, *, url: str | None = None, **changes: Unpack[SettingChanges]) -> AsyncClient:
        """Return a client for tasks; parameters as of `client`."""
        return AsyncClient(url or self.url, **self._settings(changes))

    def _settings(self, changes: SettingChanges) -> SettingChanges:
        who: SettingChanges = {"email": self.email, "egroups": self.egroups}
        return {**who, **changes}

    def start(self) -> None:
        """Begin to listen, again on the port that it had; what it stored is still there."""
        from runregistry.server.serve import listen

        if self.is_running:
            raise UsageError(f"the registry at {self.url} is running already")
        opened = listen("127.0.0.1", self._port)
        self._port = opened.getsockname()[1]
        self._served, self._thread = _serve(self.store, opened)
        try:
            _wait(self._served, self._thread)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Answer what is under way, and listen no more; connections are refused until `start`."""
        if self._served is not None:
            self._served.should_exit = True
            self._thread.join(_PATIENCE_S)
        self._served = None

    def restart(self, pause_s: float = 0.0) -> None:
        """Stop, wait, and start again."""
        self.stop()
        time.sleep(pause_s)
        self.start()


@contextmanager
def server(
    data: str | os.PathLike[str] | None = None,
    *,
    email: str = "tester@example.org",
    egroups: str = EXPERTS_EGROUP,
    database: str | os.PathLike[str] | None = None,
    sample: bool = False,
) -> Iterator[RunningRegistry]:
    """Serve a registry while the block runs.

    Parameters
    ----------
    data : path, optional
        OMS lumisections to load and classify: ``.csv``, ``.csv.gz``, ``.parquet`` or ``.json``.
    email, egroups : str
        Who the registry's clients say that they are; an expert, who may do everything, if not given. Commas separate e-groups.
    database : str or path, optional
        Its database, which stays; a SQLite file that is removed at the end if not given.
    sample : bool
        Fill it with the data set that `runregistry.testing.sample` describes: seven runs of 2022, some certified.

    Raises
    ------
    MissingExtraError
        The packages of a registry are not installed.
    UsageError
        The data can't be read.

    Examples
    --------
    >>> with server() as registry, registry.client() as client:
    ...     client.runs()
    []
    """
    try:
        from runregistry.server import ensure_settings, load_files
        from runregistry.store import Store
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "runregistry":
            raise
        raise MissingExtraError("A registry of your own", "server") from error
    with TemporaryDirectory(prefix="runregistry-") as folder, Store(database or Path(folder) / "registry.sqlite") as store:
        ensure_settings(store)
        if sample:
            from runregistry.testing.sample import fill

            fill(store)
        if data is not None:
            load_files(store, lumisections=data)
        registry = RunningRegistry(store, email, egroups)
        registry.start()
        try:
            yield registry
        finally:
            registry.stop()


def _serve(store: Store, opened: object) -> tuple[Server, threading.Thread]:
    """Run a new application of the store in a thread."""
    import uvicorn

    from runregistry.server import ServerSettings, build_app

    app = build_app(ServerSettings(auth="headers"), store)
    served = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
    thread = threading.Thread(target=served.run, kwargs={"sockets": [opened]}, name="runregistry-testing", daemon=True)
    thread.start()
    return served, thread


def _wait(served: Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not served.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RunRegistryError("the registry for tests did not start; what it logged says why")
        time.sleep(0.005)
