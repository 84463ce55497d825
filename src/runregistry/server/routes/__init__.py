"""The endpoints: each module maps names of `runregistry.wire.ROUTES` to handlers, which call services and nothing else."""

from runregistry.server.routes import (
    configuration,
    cycles,
    datasets,
    dc_tools,
    feed,
    health,
    lumisections,
    notifications,
    past,
    playground,
    portal,
    refresh,
    rules,
    runs,
    versions,
)

__all__ = ["HANDLERS"]

HANDLERS = runs.HANDLERS | datasets.HANDLERS | lumisections.HANDLERS | configuration.HANDLERS | portal.HANDLERS
HANDLERS |= cycles.HANDLERS | dc_tools.HANDLERS | feed.HANDLERS
HANDLERS |= health.HANDLERS | refresh.HANDLERS | past.HANDLERS
HANDLERS |= notifications.HANDLERS | playground.HANDLERS | rules.HANDLERS | versions.HANDLERS
