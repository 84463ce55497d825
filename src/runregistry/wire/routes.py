"""Every endpoint of the registry, one row each; the client and the server both read this table.

Source: the route index of the reference service. Paths are compared without regard to case and to one trailing slash; a part in
braces is a parameter, percent-encoded on the wire.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote

__all__ = ["ROUTES", "Route"]


class Route(NamedTuple):
    """One endpoint.

    Attributes
    ----------
    name : str
        How client and server call it.
    method, path : str
        As on the wire; the path with parameters in braces.
    needs_rights : bool
        Whether an e-group of the user must be permitted to call this path.
    is_write : bool
        Whether it can change the registry: a write is repeated only if it certainly was not applied.
    summary : str
        One sentence.
    """

    name: str
    method: str
    path: str
    needs_rights: bool
    is_write: bool
    summary: str

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters of the path, in order."""
        return re.findall(r"{(\w+)}", self.path)

    def url(self, **parameters: object) -> str:
        """Return the path with its parameters filled in and percent-encoded.

        Examples
        --------
        >>> ROUTES["move_run"].url(from_state="OPEN", to_state="waiting dqm gui")
        '/runs/move_run/OPEN/waiting%20dqm%20gui'
        """
        return self.path.format_map({key: quote(str(value), safe="") for key, value in parameters.items()})


def _reads() -> Iterator[Route]:
    def row(name: str, method: str, path: str, summary: str) -> Route:
        return Route(name, method, path, False, False, summary)

    yield row("runs_filtered_ordered", "POST", "/runs_filtered_ordered", "One page of the runs that a filter matches.")
    yield row("get_run", "GET", "/runs/{run_number}", "One run, or null.")
    yield row("runs_lastupdated_50", "GET", "/runs_lastupdated_50", "The 50 runs that OMS updated last.")
    yield row("run_with_history", "GET", "/run_with_history/{run_number}", "The events of a run, oldest first.")
    yield row(
        "dataset_names_of_run", "GET", "/get_all_dataset_names_of_run/{run_number}", "The names of a run's datasets, online too."
    )
    yield row(
        "datasets_filtered_ordered", "POST", "/datasets_filtered_ordered", "One page of the datasets that a filter matches."
    )
    yield row("get_dataset", "POST", "/datasets/get_dataset", "One dataset with its run and its summaries, or null.")
    yield row("datasets_waiting", "GET", "/datasets_waiting", "Datasets whose global state is waiting dqm gui.")
    yield row("lumisection_bar", "POST", "/datasets_get_lumisection_bar", "The ranges of one component of a dataset.")
    for name, summary in (
        ("rr_lumisections", "Triplets of each component, lumisection by lumisection."),
        ("rr_lumisection_ranges", "Ranges over which no component changes."),
        ("rr_lumisection_ranges_by_component", "Ranges of each component."),
        ("oms_lumisections", "OMS attributes, lumisection by lumisection."),
        ("oms_lumisection_ranges", "Ranges over which no OMS attribute changes."),
        ("oms_lumisection_ranges_by_dcs_bit", "Ranges of each OMS attribute."),
        ("joint_lumisection_ranges", "Ranges over which neither OMS attributes nor components change."),
        ("get_rr_lumisection_history", "Events of a dataset's components."),
        ("get_oms_lumisection_history", "Events of a dataset's OMS attributes, and of its run's."),
    ):
        yield row(name, "POST", f"/lumisections/{name}", summary)
    yield row("get_cycles", "GET", "/cycles/{workspace}", "Certification cycles with their datasets, by deadline.")
    yield row("get_datasets_accepted", "GET", "/datasets_accepted", "Which datasets a run that leaves OPEN gets.")
    yield row("datasets_accepted_of_class", "GET", "/datasets_accepted/{run_class}", "The same, of one run class.")
    yield row("component_classifiers", "GET", "/classifiers/component/{online_or_offline}", "Component classifiers of one half.")
    yield row("get_classifiers", "GET", "/classifiers/{category}", "The classifiers of a category that are in force.")
    yield row("get_workspaces", "GET", "/workspaces/{online_or_offline}", "Workspaces of one half with their columns.")
    yield row("json_portal_json", "POST", "/json_portal/json", "A generated JSON, or how far its job is.")


def _writes() -> Iterator[Route]:
    def row(name: str, method: str, path: str, summary: str, *, needs_rights: bool = True) -> Route:
        return Route(name, method, path, needs_rights, True, summary)

    yield row("create_run", "POST", "/runs", "Create a run with its lumisections, or update it.")
    yield row("manual_run_edit", "PUT", "/manual_run_edit/{run_number}/{attribute}", "Change one attribute of a run.")
    yield row("move_run", "POST", "/runs/move_run/{from_state}/{to_state}", "Move a run to another state.")
    yield row("edit_rr_lumisections", "PUT", "/lumisections/edit_rr_lumisections", "Set a component over a range.")
    yield row("create_dataset_accepted", "POST", "/datasets_accepted", "Add an accepted dataset.")
    yield row("create_classifier", "POST", "/classifiers/{category}", "Add a classifier.")
    yield row(
        "json_portal_generate", "POST", "/json_portal/generate", "Start the making of a JSON from a rule.", needs_rights=False
    )


ROUTES = MappingProxyType({route.name: route for route in (*_reads(), *_writes())})
