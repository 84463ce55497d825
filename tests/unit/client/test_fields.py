from __future__ import annotations

import pytest
from tests.unit.client.fakes import dataset_row, run_row

from runregistry.client.fields import parse_fields
from runregistry.client.flows import DATASETS, RUNS
from runregistry.errors import FilterError


def taken(fields, row, listing=RUNS):
    return parse_fields(fields, listing).take(row)


def test_fields_come_under_the_names_and_in_the_order_that_were_asked_for():
    assert list(taken(["class", "run_number", "oms_attributes.energy"], run_row(7)).items()) == [
        ("class", "Collisions24"),
        ("run_number", 7),
        ("oms_attributes.energy", 6800),
    ]


def test_a_component_is_its_counts_and_a_status_its_count():
    row = run_row(7)
    assert taken(["dt-dt", "dt-dt.GOOD", "dt-dt.good", "dt-dt.BAD", "csc-csc", "csc-csc.BAD"], row) == {
        "dt-dt": {"GOOD": 3, "EMPTY": 0},
        "dt-dt.GOOD": 3,
        "dt-dt.good": 3,
        "dt-dt.BAD": 0,
        "csc-csc": None,
        "csc-csc.BAD": None,
    }


def test_attributes_of_a_dataset_are_its_own_or_those_of_its_run():
    row = dataset_row(7, "online")
    fields = ["dataset_name", "name", "global_state", "class", "energy", "dt-dt.BAD", "version"]
    assert taken(fields, row, DATASETS) == {
        "dataset_name": "online",
        "name": "online",
        "global_state": "OPEN",
        "class": "Collisions24",
        "energy": 6800,
        "dt-dt.BAD": 1,
        "version": 7,
    }


def test_what_a_row_does_not_have_is_none():
    assert taken(["class", "energy", "dt-dt.GOOD"], {"run_number": 1, "DatasetTripletCache": None}) == {
        "class": None,
        "energy": None,
        "dt-dt.GOOD": None,
    }
    assert taken(["energy"], {"run_number": 1, "Run": {"oms_attributes": None}}, DATASETS) == {"energy": None}


def test_whole_documents_may_be_asked_for():
    row = run_row(7)
    assert taken(["rr_attributes", "triplet_summary", "deleted"], row) == {
        "rr_attributes": row["rr_attributes"],
        "triplet_summary": row["DatasetTripletCache"]["triplet_summary"],
        "deleted": False,
    }


@pytest.mark.parametrize(
    ("fields", "listing", "needs"),
    [
        (["energy"], DATASETS, True),
        (["oms_attributes"], DATASETS, True),
        (["class", "global_state"], DATASETS, False),
        (["energy"], RUNS, False),
    ],
)
def test_only_oms_attributes_of_datasets_may_have_to_be_fetched(fields, listing, needs):
    assert parse_fields(fields, listing).needs_oms is needs


@pytest.mark.parametrize(
    ("fields", "listing", "says"),
    [
        (["clas"], RUNS, "did you mean class"),
        (["tracker-stirp"], RUNS, "did you mean tracker-strip"),
        (["dt-dt.GODO"], RUNS, "did you mean dt-dt.GOOD"),
        (["dataset_name"], RUNS, "no field 'dataset_name' of runs"),
        (["class", "class"], RUNS, "named twice"),
        ("class", RUNS, "a list of names"),
        ([3], RUNS, "must be a name"),
        (None, RUNS, "a list of names"),
    ],
)
def test_fields_that_cannot_be_are_refused(fields, listing, says):
    with pytest.raises(FilterError, match=says):
        parse_fields(fields, listing)


def test_an_attribute_that_only_the_registry_may_know_is_taken_with_a_warning():
    with pytest.warns(UserWarning, match="did you mean energy"):
        fields = parse_fields(["oms_attributes.enrgy"], RUNS)
    assert fields.take({"oms_attributes": {"enrgy": 3}}) == {"oms_attributes.enrgy": 3}
    assert fields.names == ("oms_attributes.enrgy",)
