"""A real registry for tests: the same server, on a free port of this machine, in a thread.

    with runregistry.testing.server("lumisections.csv.gz") as registry:
        runregistry.setup(registry.url)
        ...

It starts empty, or with the runs of a file of OMS lumisections, and is gone afterwards.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from runregistry.client import Client
from runregistry.errors import MissingExtraError, RunRegistryError
from runregistry.terms import EXPERTS_EGROUP

if TYPE_CHECKING:
    from uvicorn import Server

    from runregistry.store import Store

__all__ = ["RunningRegistry", "server"]

_PATIENCE_S = 30.0


class RunningRegistry(NamedTuple):
    """A registry that runs.

    Attributes
    ----------
    url : str
        Where it listens; a target for `runregistry.setup` and `Client`.
    store : Store
        Its store, to look behind what it answers.
    email, egroups : str
        Who `client` says that it is.
    """

    url: str
    store: Store
    email: str
    egroups: str

    def client(self) -> Client:
        """Return a client of the registry, which the caller closes."""
        return Client(self.url, email=self.email, egroups=self.egroups)


@contextmanager
def server(
    data: str | os.PathLike[str] | None = None,
    *,
    email: str = "tester@example.org",
    egroups: str = EXPERTS_EGROUP,
    database: str | os.PathLike[str] | None = None,
) -> Iterator[RunningRegistry]:
    """Serve a registry while the block runs.

    Parameters
    ----------
    data : path, optional
        OMS lumisections to load and classify: ``.csv``, ``.csv.gz``, ``.parquet`` or ``.json``.
    email, egroups : str
        Who the registry's `client` says that it is; an expert, who may do everything, if not given. Commas separate e-groups.
    database : str or path, optional
        Its database, which stays; a SQLite file that is removed at the end if not given.

    Examples
    --------
    >>> with server() as registry, registry.client() as client:
    ...     client.runs()
    []
    """
    try:
        from runregistry.local import open_registry
        from runregistry.server import load_files
        from runregistry.server.serve import listen
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "runregistry":
            raise
        raise MissingExtraError("A registry of your own", "server") from error
    with TemporaryDirectory(prefix="runregistry-") as folder:
        store, app = open_registry(database if database is not None else Path(folder) / "registry.sqlite", auth="headers")
        try:
            if data is not None:
                load_files(store, lumisections=data)
            with listen("127.0.0.1", 0) as opened, _running(app, opened):
                yield RunningRegistry(f"http://127.0.0.1:{opened.getsockname()[1]}", store, email, egroups)
        finally:
            store.close()


@contextmanager
def _running(app: object, opened: object) -> Iterator[None]:
    """Run an application in a thread; the requests under way are finished at the end."""
    import uvicorn

    served = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))  # type: ignore[arg-type]
    thread = threading.Thread(target=served.run, kwargs={"sockets": [opened]}, name="runregistry-testing", daemon=True)
    thread.start()
    try:
        _wait(served, thread)
        yield
    finally:
        served.should_exit = True
        thread.join(_PATIENCE_S)


def _wait(served: Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not served.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RunRegistryError("the registry for tests did not start; what it logged says why")
        time.sleep(0.005)
