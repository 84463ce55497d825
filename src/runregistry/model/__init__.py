"""Frozen records of what the registry knows, and what follows from them without asking anyone."""

from runregistry.model.certification import CertifiedDataset
from runregistry.model.lumisections import LumisectionColumns, triplet
from runregistry.model.picking import StoredDataset

__all__ = ["CertifiedDataset", "LumisectionColumns", "StoredDataset", "triplet"]
