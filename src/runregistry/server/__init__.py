"""The registry as a service: an ASGI application over a store, its worker, and the settings of a new registry."""

from runregistry.server.app import build_app
from runregistry.server.identity import OIDCSettings
from runregistry.server.registry import Registry, ServerSettings
from runregistry.server.serve import serve
from runregistry.server.services.ingest import load_files
from runregistry.server.services.settings import ensure_settings

__all__ = ["OIDCSettings", "Registry", "ServerSettings", "build_app", "ensure_settings", "load_files", "serve"]
