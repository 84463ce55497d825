"""Sums of luminosity, with what was asked for and is not in them."""

from __future__ import annotations

from typing import NamedTuple

from runregistry.luminosity.units import fitting_unit, format_luminosity
from runregistry.lumis import LumiMask

__all__ = ["Luminosity"]

_NOTHING = LumiMask()


class Luminosity(NamedTuple):
    """A sum over lumisections.

    Attributes
    ----------
    delivered_invpb, recorded_invpb : float
        What LHC delivered and CMS recorded, in /pb.
    n_lumisections : int
        How many lumisections are in the sums.
    missing : LumiMask
        What was asked for and is not in the table: its luminosity is not known, and not in the sums.

    Examples
    --------
    >>> total = Luminosity(205.677832, 199.269742, 11890)
    >>> print(total.format("/fb"))
    recorded 0.199269742 /fb, delivered 0.205677832 /fb, 11890 lumisections
    """

    delivered_invpb: float
    recorded_invpb: float
    n_lumisections: int
    missing: LumiMask = _NOTHING

    def format(self, unit: str | None = None) -> str:
        """Return the sums as text, in one unit, which is named; in a fitting one if none is given."""
        chosen = unit or fitting_unit(self.delivered_invpb or self.recorded_invpb)
        recorded = format_luminosity(self.recorded_invpb, chosen)
        delivered = format_luminosity(self.delivered_invpb, chosen)
        text = f"recorded {recorded}, delivered {delivered}, {self.n_lumisections} lumisections"
        n_missing = self.missing.n_lumisections
        return f"{text}; {n_missing} more are not in the table" if n_missing else text

    def to_row(self, unit: str) -> dict[str, float | int]:
        """Return the sums as a row, the unit in the names of the columns.

        Examples
        --------
        >>> Luminosity(2.0, 1.0, 3).to_row("/fb")
        {'delivered_invfb': 0.002, 'recorded_invfb': 0.001, 'lumisections': 3, 'missing': 0}
        """
        format_luminosity(0.0, unit)  # refuses what is no unit
        name = f"inv{unit.strip().lower()[1:]}"
        return {
            f"delivered_{name}": float(format_luminosity(self.delivered_invpb, unit).partition(" ")[0]),
            f"recorded_{name}": float(format_luminosity(self.recorded_invpb, unit).partition(" ")[0]),
            "lumisections": self.n_lumisections,
            "missing": self.missing.n_lumisections,
        }
