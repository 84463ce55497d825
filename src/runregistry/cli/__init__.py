"""The command line: ``runregistry``, also ``python -m runregistry``."""

from runregistry.cli.entry import main

__all__ = ["main"]
