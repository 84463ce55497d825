"""Units of luminosity: everything is kept in /pb, and every unit that brilcalc writes can be read."""

from __future__ import annotations

import re
from typing import Final

from runregistry.errors import UsageError, suggestion

__all__ = ["INTEGRATED", "LUMISECTION_S", "fitting_unit", "format_luminosity", "invpb_per"]

LUMISECTION_S: Final = 23.31
"""Length of a lumisection in seconds, as brilcalc takes it when it turns integrated luminosity into a rate (``hz/ub``)."""

INTEGRATED: Final = {
    "/kb": 1e-15,
    "/b": 1e-12,
    "/mb": 1e-9,
    "/ub": 1e-6,
    "/nb": 1e-3,
    "/pb": 1.0,
    "/fb": 1e3,
    "/ab": 1e6,
}
"""Units of integrated luminosity, each in /pb."""

_SHOWN = ("/ub", "/nb", "/pb", "/fb")
_CENTIMETRES = re.compile(r"1e(\d\d)/cm2(s?)")


def invpb_per(unit: str) -> float:
    """Return how many /pb one of a unit is, for a lumisection.

    Parameters
    ----------
    unit : str
        ``/ub``, ``/nb``, ``/pb``, ``/fb`` and their neighbours, ``1e36/cm2``; or a rate, ``hz/ub`` or ``1e30/cm2s``, which is the
        mean over a lumisection and is multiplied with its length.

    Raises
    ------
    UsageError
        There is no such unit; the nearest are named.

    Examples
    --------
    >>> invpb_per("/fb"), invpb_per("/nb"), invpb_per("hz/pb"), invpb_per("1e39/cm2")
    (1000.0, 0.001, 23.31, 1000.0)
    """
    name = unit.strip().lower()
    if name in INTEGRATED:
        return INTEGRATED[name]
    if name.startswith("hz/") and name[2:] in INTEGRATED:
        return INTEGRATED[name[2:]] * LUMISECTION_S
    if found := _CENTIMETRES.fullmatch(name):
        return float(f"1e{int(found[1]) - 36}") * (LUMISECTION_S if found[2] else 1.0)
    raise UsageError(f"{unit!r} is no unit of luminosity{suggestion(name, INTEGRATED)}; known are {', '.join(INTEGRATED)}, hz/…")


def fitting_unit(invpb: float) -> str:
    """Return the unit in which a luminosity has the fewest zeros around it.

    Examples
    --------
    >>> fitting_unit(199.27), fitting_unit(59_740.0), fitting_unit(0.0053), fitting_unit(0.0)
    ('/pb', '/fb', '/nb', '/pb')
    """
    if not invpb:
        return "/pb"
    return next((unit for unit in reversed(_SHOWN) if abs(invpb) >= INTEGRATED[unit]), _SHOWN[0])


def format_luminosity(invpb: float, unit: str | None = None) -> str:
    """Return a luminosity as text, with its unit.

    Parameters
    ----------
    invpb : float
        In /pb.
    unit : str, optional
        The unit of the text, an integrated one; a fitting one if not given.

    Examples
    --------
    >>> format_luminosity(199.26971), format_luminosity(199.26971, "/fb")
    ('199.26971 /pb', '0.19926971 /fb')
    """
    chosen = (fitting_unit(invpb) if unit is None else unit).strip().lower()
    if chosen not in INTEGRATED:
        raise UsageError(
            f"{unit!r} is no unit of integrated luminosity{suggestion(chosen, INTEGRATED)}; known are {', '.join(INTEGRATED)}"
        )
    return f"{invpb / INTEGRATED[chosen]:.12g} {chosen}"
