from __future__ import annotations

import pytest

from runregistry.errors import FilterError
from runregistry.filters.where import parse_where, where_to_wire


def wire(text, table="runs"):
    return where_to_wire(text, table)


def refused(text, table="runs"):
    with pytest.raises(FilterError) as caught:
        where_to_wire(text, table)
    return caught.value


def test_conditions_joined_by_and_become_one_filter():
    assert wire("energy > 6000 and class = Collisions24 and state = open") == {
        "oms_attributes.energy": {">": 6000},
        "rr_attributes.class": {"=": "Collisions24"},
        "rr_attributes.state": {"=": "OPEN"},
    }


def test_two_conditions_on_one_attribute_both_stay():
    assert wire("b_field between 3.5 and 4") == {
        "and": [{"oms_attributes.b_field": {">=": 3.5}}, {"oms_attributes.b_field": {"<=": 4}}]
    }


@pytest.mark.parametrize("operator", ["!=", "<>"])
def test_both_ways_to_write_unequal_are_known(operator):
    assert wire(f"class{operator}Cosmics24") == {"rr_attributes.class": {"<>": "Cosmics24"}}


@pytest.mark.parametrize("text", ["not class like '%Cosmics%'", "class not like '%Cosmics%'", "class NOTLIKE '%Cosmics%'"])
def test_a_pattern_is_denied_in_every_way(text):
    assert wire(text) == {"rr_attributes.class": {"notlike": "%Cosmics%"}}


def test_keywords_may_be_in_any_case_and_quoted_they_are_values():
    assert wire("NOT (class IN ('and', \"or\") OR significant)") == {
        "and": [
            {"rr_attributes.class": {"<>": "and"}},
            {"rr_attributes.class": {"<>": "or"}},
            {"rr_attributes.significant": {"<>": True}},
        ]
    }


def test_a_quote_in_a_value_is_doubled():
    assert wire("stop_reason = 'it''s over'") == {"rr_attributes.stop_reason": {"=": "it's over"}}


def test_and_binds_more_than_or():
    assert wire("state = OPEN or class = A and energy > 1") == {
        "and": [
            {
                "or": [
                    {"rr_attributes.state": {"=": "OPEN"}},
                    {"and": [{"rr_attributes.class": {"=": "A"}}, {"oms_attributes.energy": {">": 1}}]},
                ]
            }
        ]
    }


def test_a_list_of_run_numbers_is_sent_as_the_list_that_the_database_looks_up():
    assert wire("run_number in (355100, 355101)") == {"run_number": [355100, 355101]}


def test_a_list_of_texts_becomes_an_or_of_the_attribute_and_one_of_numbers_an_or_of_conditions():
    assert wire("class in (A, B)") == {"rr_attributes.class": {"or": [{"=": "A"}, {"=": "B"}]}}
    fills = [{"oms_attributes.fill_number": {"=": 7920}}, {"oms_attributes.fill_number": {"=": 7921}}]
    assert wire("fill_number in (7920, 7921)") == {"and": [{"or": fills}]}


def test_an_empty_list_matches_nothing_and_its_opposite_everything():
    assert wire("class in ()") == {"run_number": {"=": None}}
    assert wire("class not in () and energy > 1") == {"oms_attributes.energy": {">": 1}}
    assert wire("class in () or energy > 1") == {"oms_attributes.energy": {">": 1}}


def test_no_lumisection_with_a_status_means_a_count_of_0_or_none():
    count = "triplet_summary.dt-dt.BAD"
    assert wire("dt-dt = bad") == {count: {">": 0}}
    assert wire("dt-dt <> BAD") == {"and": [{"or": [{count: {"<=": 0}}, {count: {"=": None}}]}]} == wire("not dt-dt = BAD")


def test_a_count_of_lumisections_takes_a_missing_status_for_0():
    count = "triplet_summary.dt-dt.BAD"
    assert wire("dt-dt.BAD = 0") == {"and": [{"or": [{count: {"=": 0}}, {count: {"=": None}}]}]}
    assert wire("dt-dt.bad > 5") == {count: {">": 5}}


def test_a_status_with_blanks_is_quoted():
    assert wire("dt-dt = 'no value found'") == {"triplet_summary.dt-dt.NO VALUE FOUND": {">": 0}}


def test_values_have_the_type_of_their_attribute_whether_quoted_or_not():
    assert wire("energy = '6800' and class = 2018 and significant = 'TRUE'") == {
        "oms_attributes.energy": {"=": 6800},
        "rr_attributes.class": {"=": "2018"},
        "rr_attributes.significant": {"=": True},
    }


def test_paths_of_the_wire_form_are_names_too():
    assert wire("oms_attributes.energy > 6000 and oms_attributes.new = 'x' and rr_attributes.odd = 3") == {
        "oms_attributes.energy": {">": 6000},
        "oms_attributes.new": {"=": "x"},
        "rr_attributes.odd": {"=": 3},
    }


def test_times_are_written_as_the_registry_keeps_them():
    assert wire("start_time >= 2022-07-05T16:00:00+02:00") == {"oms_attributes.start_time": {">=": "2022-07-05T14:00:00Z"}}
    assert wire("start_time like '2022-07%'") == {"oms_attributes.start_time": {"like": "2022-07%"}}


def test_datasets_have_names_states_and_the_attributes_of_their_run():
    assert wire("dataset_name like '%2018A%' and tracker_state = 'WAITING dqm gui' and class = A", "datasets") == {
        "name": {"like": "%2018A%"},
        "dataset_attributes.tracker_state": {"=": "waiting dqm gui"},
        "rr_attributes.class": {"=": "A"},
    }


def test_null_is_asked_with_is_or_equal():
    assert wire("stop_reason is null") == wire("stop_reason = NULL") == {"rr_attributes.stop_reason": {"=": None}}
    assert wire("stop_reason is not null") == wire("not stop_reason is null") == {"rr_attributes.stop_reason": {"<>": None}}


def test_an_or_inside_an_or_is_laid_flat():
    found = wire("energy > 1 or (class = A and (state = OPEN or state = SIGNOFF))")
    (group,) = found["and"]
    assert len(group["or"]) == 3
    assert '"or"' not in str(group["or"]).replace("'", '"')


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("", 1, "the text ends"),
        ("enrgy > 6000", 1, "did you mean energy"),
        ("energy > 6000 and tracker-stirp = GOOD", 19, "tracker-strip"),
        ("tracker-strip = GOD", 17, "GOOD"),
        ("tracker-strip", 14, "a status"),
        ("tracker-strip.GODO > 1", 1, "tracker-strip.GOOD"),
        ("state = OPN", 9, "OPEN"),
        ("energy", 7, "must be compared"),
        ("energy >", 9, "a value must follow energy >"),
        ("energy > high", 10, "'high'"),
        ("energy like '6%'", 8, "makes no sense for energy, a number"),
        ("class > A", 7, "= <> like notlike"),
        ("dt-dt > 5", 7, "makes no sense for dt-dt, a component"),
        ("significant = maybe", 15, "true or false"),
        ("start_time > yesterday", 14, "2022-07-05"),
        ("class = Cosmics 24", 17, "'and' or 'or' must follow"),
        ("class = A adn state = OPEN", 11, "did you mean and"),
        ("(class = A", 1, "never closed"),
        ("class = A)", 10, "')'"),
        ("class = 'A", 9, "never closed"),
        ("class ! A", 7, "'!' means nothing"),
        ("class in A", 10, "parentheses"),
        ("class in (A B)", 13, "')' must follow"),
        ("class is A", 10, "null"),
        ("class = and", 9, "not 'and'"),
        ("and class = A", 1, "begins with the name"),
        ("run_number between 1 or 2", 22, "'and' must follow"),
        ("energy > null", 8, "means nothing"),
        ("dt-dt is null", 1, "means nothing"),
        ("oms_attributs.energy > 1", 1, "oms_attributes.energy"),
        ("name = online", 1, "no attribute"),
    ],
)
def test_what_cannot_be_read_is_shown_with_its_place(text, place, says):
    fault = refused(text)
    head, line, mark = str(fault).split("\n")
    assert head.startswith(f"where, character {place}: ")
    assert says in head
    assert line.strip() == text.strip()
    assert mark.index("^") - 2 == place - 1


def test_the_nearest_names_are_with_the_error():
    assert refused("enrgy > 1").nearest == ["energy"]
    assert refused("dt-dt = GODO").nearest[0] == "GOOD"


def test_only_the_part_around_the_mistake_of_a_long_text_is_shown():
    text = " and ".join(f"energy > {number}" for number in range(500)) + " and enrgy > 1"
    assert max(map(len, str(refused(text)).split("\n"))) < 140


@pytest.mark.parametrize("text", ["class = A or dt-dt = GOOD", "not (class = A and dt-dt <> GOOD)"])
def test_an_or_between_tables_is_refused_because_the_service_would_take_it_for_an_and(text):
    assert "'or' can't join rr_attributes.class and triplet_summary.dt-dt.GOOD" in str(refused(text))


def test_a_run_number_among_attributes_of_the_run_has_another_name():
    assert "oms_attributes.run_number" in str(refused("class = A or run_number = 1", "datasets"))
    assert wire("class = A or oms_attributes.run_number = 1", "datasets")["and"][0]["or"][1] == {
        "oms_attributes.run_number": {"=": 1}
    }
    assert "or" in str(wire("class = A or run_number = 1", "runs"))


def test_deep_and_wide_conditions_are_refused_before_they_cost_too_much():
    assert "50 levels" in str(refused("(" * 60 + "significant" + ")" * 60))
    many = " and ".join("(energy = 1 or energy = 2)" for _ in range(12))
    assert "2,000 alternatives" in str(refused(f"class = A or ({many})"))
    assert parse_where("(" * 40 + "significant" + ")" * 40, "runs") == parse_where("significant", "runs")


def test_something_else_than_text_is_refused():
    with pytest.raises(FilterError, match="where is a text"):
        parse_where(3, "runs")  # type: ignore[arg-type]
