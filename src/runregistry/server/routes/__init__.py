"""The endpoints: each module maps names of `runregistry.wire.ROUTES` to handlers, which call services and nothing else."""

from runregistry.server.routes import configuration, datasets, lumisections, portal, runs

__all__ = ["HANDLERS"]

HANDLERS = runs.HANDLERS | datasets.HANDLERS | lumisections.HANDLERS | configuration.HANDLERS | portal.HANDLERS
