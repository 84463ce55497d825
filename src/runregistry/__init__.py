"""CMS Run Registry: client, registry and rules engine."""
