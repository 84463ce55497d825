"""The configuration that a new registry starts with."""

from runregistry.model.defaults.settings import default_settings

__all__ = ["default_settings"]
