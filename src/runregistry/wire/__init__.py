"""What travels between client and server: the table of endpoints."""

from runregistry.wire.routes import ROUTES, Route

__all__ = ["ROUTES", "Route"]
