"""Frozen records of what the registry knows, and what follows from them without asking anyone."""

from runregistry.model.certification import CertifiedDataset
from runregistry.model.lumisections import LumisectionColumns, triplet

__all__ = ["CertifiedDataset", "LumisectionColumns", "triplet"]
