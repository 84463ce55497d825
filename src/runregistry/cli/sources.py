"""What ``serve`` and ``worker`` follow, from options and from the environment: secrets come from there only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from runregistry.cli.opening import needing
from runregistry.errors import SettingsError

if TYPE_CHECKING:
    from runregistry.server.dqm_gui_poller import DQMGUISettings
    from runregistry.server.oms import OMSSettings

__all__ = ["dqm_gui_settings", "oms_settings"]


def oms_settings(url: str | None, interval_s: float, token_url: str | None) -> OMSSettings | None:
    """Return how OMS is reached and followed; None if none is named.

    Raises
    ------
    SettingsError
        The settings can't work.
    """
    if url is None:
        return None
    with needing("A registry of your own", "server"):
        from runregistry.server.oms import OMSSettings
        from runregistry.server.oms.settings import check_settings
    client_id = os.environ.get("RUNREGISTRY_OMS_CLIENT_ID", "").strip()
    secret = os.environ.get("RUNREGISTRY_OMS_CLIENT_SECRET", "").strip()
    if bool(client_id) != bool(secret):
        raise SettingsError("RUNREGISTRY_OMS_CLIENT_ID and RUNREGISTRY_OMS_CLIENT_SECRET go together, and one of them is missing")
    settings = OMSSettings(url=url, interval_s=interval_s, client_id=client_id, client_secret=secret)
    if not client_id:
        return check_settings(settings._replace(token_url=None))
    return check_settings(settings._replace(token_url=token_url) if token_url is not None else settings)


def dqm_gui_settings(url: str | None, interval_s: float, cert: Path | None) -> DQMGUISettings | None:
    """Return how the DQM GUI is asked; None if none is named."""
    if url is None:
        return None
    with needing("A registry of your own", "server"):
        from runregistry.server.dqm_gui_poller import DQMGUISettings
    return DQMGUISettings(url, interval_s, cert=str(cert) if cert is not None else None)
