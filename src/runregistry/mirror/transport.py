"""A mirror as a target of clients: ``mirror``."""

from __future__ import annotations

import os
import warnings

from runregistry.local import EmbeddedTransport
from runregistry.mirror.answering import Mirror
from runregistry.mirror.files import open_mirror, status
from runregistry.mirror.reports import age_text
from runregistry.server import ServerSettings, build_app

__all__ = ["OLD_S", "transport"]

OLD_S = 7 * 86_400.0
"""A mirror that is older than this is said to be so when it is opened, in seconds."""


def transport(path: str | os.PathLike[str] | None = None) -> EmbeddedTransport:
    """Return a transport for `httpx2.Client` that leads to a mirror; closing it closes the mirror.

    Parameters
    ----------
    path : path, optional
        The mirror; `runregistry.mirror.default_mirror` if not given.

    Raises
    ------
    SettingsError, StoreError
        There is no mirror, or it can't be used.

    Warns
    -----
    UserWarning
        It is older than a week, or was never complete.
    """
    store = open_mirror(path)
    try:
        _tell_age(path)
        return EmbeddedTransport(store, build_app(ServerSettings(auth="owner"), store, handlers=Mirror(store).handlers()))
    except BaseException:
        store.close()
        raise


def _tell_age(path: str | os.PathLike[str] | None) -> None:
    found = status(path)
    if found.age_s is None:
        warnings.warn(
            f"the mirror {found.path} is not complete: runregistry mirror sync --mirror {found.path} goes on", stacklevel=2
        )
    elif found.age_s > OLD_S:
        text = f"the mirror {found.path} is {age_text(found.age_s)} old; runregistry mirror sync brings it up to date"
        warnings.warn(text, stacklevel=2)
