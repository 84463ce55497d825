"""Luminosity as pictures write it: pb⁻¹, with the prefix that leaves the fewest zeros."""

from __future__ import annotations

from typing import NamedTuple

from runregistry.luminosity.units import INTEGRATED, fitting_unit

__all__ = ["Scale", "number_text", "percent", "scale_of"]


class Scale(NamedTuple):
    """A unit, as it is written, and how many of it 1 /pb is; without a name it counts lumisections.

    Examples
    --------
    >>> scale_of(0.0123).text(0.0123), scale_of(0.0123).text(0.0123, alone=True)
    ('12.3 nb⁻¹', '12.3')
    """

    name: str
    factor: float

    def text(self, invpb: float, *, alone: bool = False) -> str:
        """Return an amount in /pb as text, with the unit or without it."""
        number = number_text(invpb * self.factor) if self.name else f"{invpb:,.0f}"
        return number if alone or not self.name else f"{number} {self.name}"


def scale_of(largest_invpb: float) -> Scale:
    """Return the unit that fits the largest of some amounts."""
    unit = fitting_unit(largest_invpb)
    return Scale(f"{unit.removeprefix('/').replace('ub', 'µb')}⁻¹", 1 / INTEGRATED[unit])


def number_text(number: float) -> str:
    """Return a number with three digits that tell.

    Examples
    --------
    >>> [number_text(number) for number in (0, 0.01234, 1.2, 99.96, 1234.5)]
    ['0', '0.0123', '1.20', '100', '1,234']
    """
    if abs(number) >= 99.95:
        return f"{number:,.0f}"
    if abs(number) < 0.0005:
        return f"{number:.2g}"
    decimals = 1 if abs(number) >= 9.995 else 2 if abs(number) >= 0.9995 else 3 if abs(number) >= 0.09995 else 4
    return f"{number:.{decimals}f}"


def percent(part: float, whole: float) -> str:
    """Return a share as text, which says neither 0.0 % of something nor 100.0 % where something is missing.

    Examples
    --------
    >>> percent(2999, 3000), percent(3000, 3000), percent(1, 3000), percent(0, 3000)
    ('>99.9 %', '100.0 %', '<0.1 %', '0.0 %')
    """
    share = 100 * part / whole
    if 0 < share < 0.05:
        return "<0.1 %"
    # What differs from all by less than rounding makes of sums, is all.
    return ">99.9 %" if 99.95 <= share < 100 - 1e-9 else f"{share:.1f} %"
