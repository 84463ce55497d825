"""How colours look in grey, and to people who see red or green badly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Viénot, Brettel and Mollon (1999): what is left of linear red, green, blue.
_PROTANOPIA = np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]])
_DEUTERANOPIA = np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]])
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(rgb: Any) -> Array:
    """Return linear light of sRGB values from 0 to 1."""
    values = np.asarray(rgb, dtype=np.float64)
    found: Array = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return found


def lab(light: Array) -> Array:
    """Return CIE L*, a*, b* of linear light."""
    xyz = np.clip(light, 0, 1) @ _TO_XYZ.T / (_TO_XYZ @ np.ones(3))
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def as_grey(rgb: Any) -> Array:
    """Return how a colour looks on a printer without colours: its lightness alone."""
    found = lab(linear(rgb))
    return found * np.array([1.0, 0.0, 0.0])


def as_protanope(rgb: Any) -> Array:
    """Return how a colour looks without the cones for red."""
    return lab(linear(rgb) @ _PROTANOPIA.T)


def as_deuteranope(rgb: Any) -> Array:
    """Return how a colour looks without the cones for green."""
    return lab(linear(rgb) @ _DEUTERANOPIA.T)


EYES: dict[str, Callable[[Any], Array]] = {"grey": as_grey, "protanopia": as_protanope, "deuteranopia": as_deuteranope}
