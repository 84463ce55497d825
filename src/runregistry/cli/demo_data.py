"""The demo's data: where it is, and the rule that it is certified with."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from runregistry.errors import UsageError

__all__ = ["FIRST_RUN", "FLAGS", "LAST_RUN", "DemoData", "dcs_only_rule", "find_data"]

_LUMISECTIONS = "oms_lumisections_2018.csv.gz"
_PUBLISHED = "json_DCSONLY_2018.txt"
_FOLDER = "demo-data"

FIRST_RUN, LAST_RUN = 314206, 316081
# In the order in which the picture shows them.
FLAGS = (
    *("bpix_ready", "fpix_ready", "tibtid_ready", "tob_ready", "tecm_ready", "tecp_ready", "cms_active"),
    *("beam1_present", "beam1_stable", "beam2_present", "beam2_stable"),
)


class DemoData(NamedTuple):
    """The files of the demo: OMS lumisections, and the DCS-only JSON that was published for them."""

    lumisections: Path
    published: Path


def find_data(folder: Path | None = None) -> DemoData:
    """Return the files of the demo.

    Parameters
    ----------
    folder : path, optional
        Where they are; if not given, ``demo-data`` in the working directory or in the source tree.

    Raises
    ------
    UsageError
        They are not there.
    """
    places = [folder] if folder is not None else [Path(_FOLDER), Path(__file__).parents[3] / _FOLDER]
    for place in places:
        data = DemoData(place / _LUMISECTIONS, place / _PUBLISHED)
        if all(path.is_file() for path in data):
            return data
    looked = " nor in ".join(str(place.absolute()) for place in places)
    raise UsageError(
        f"the demo's data ({_LUMISECTIONS} and {_PUBLISHED}) is not in {looked}; it is part of the source, not of the installed "
        f"package: get the source and name its folder with --data PATH/{_FOLDER}"
    )


def dcs_only_rule() -> dict[str, Any]:
    """Return the json-logic rule of a DCS-only JSON: the whole tracker on, CMS taking data, both beams present and stable."""
    run_number = {"var": "run.oms.run_number"}
    flags = [{"==": [{"var": f"lumisection.oms.{flag}"}, True]} for flag in FLAGS]
    return {"and": [{">=": [run_number, FIRST_RUN]}, {"<=": [run_number, LAST_RUN]}, *flags]}
