"""The filter language: what each form means, and what is refused with which words."""

from __future__ import annotations

import subprocess
import sys

import pytest

from runregistry.errors import FilterError
from runregistry.filters import AllOf, AnyOf, Column, Comparison, parse_filter

RUN_NUMBER = Column("run_number")
NAME = Column("name")
ENERGY = Column("oms_attributes", ("energy",))
CLASS = Column("rr_attributes", ("class",))
STATE = Column("dataset_attributes", ("dt_state",))
IN_GUI = Column("datasets_in_gui")


def runs(filter_):
    return parse_filter(filter_, "runs")


def datasets(filter_):
    return parse_filter(filter_, "datasets")


def refused(filter_, table="runs"):
    with pytest.raises(FilterError) as caught:
        parse_filter(filter_, table)
    return str(caught.value)


@pytest.mark.parametrize("filter_", [{}, [], 5, 0, 2.5, True, ""])
def test_an_empty_filter_and_a_number_impose_nothing(filter_):
    assert runs(filter_) == AllOf()


@pytest.mark.parametrize("filter_", [{"or": []}, {"and": []}, {"and": [{}, {"or": [{}]}]}, {"oms_attributes.energy": {}}])
def test_an_empty_group_imposes_nothing(filter_):
    assert runs(filter_) == AllOf()


def test_an_empty_alternative_is_left_out_of_its_group():
    assert runs({"or": [{}, {"run_number": 1}]}) == Comparison(RUN_NUMBER, "in", (1,))


def test_a_bare_value_means_equality():
    assert runs({"rr_attributes.class": "Cosmics22"}) == Comparison(CLASS, "=", "Cosmics22")


def test_a_bare_null_means_without_a_value():
    assert runs({"oms_attributes.energy": None}) == Comparison(ENERGY, "=", None)


def test_a_bare_list_on_a_column_means_membership():
    assert runs({"run_number": [1, "2"]}) == Comparison(RUN_NUMBER, "in", (1, 2))
    assert datasets({"name": ["a", "b"]}) == Comparison(NAME, "in", ("a", "b"))


def test_numeric_text_becomes_an_integer_on_integer_columns():
    assert runs({"run_number": {">": " 327000"}}) == Comparison(RUN_NUMBER, ">", 327000)


def test_numeric_text_stays_text_on_documents():
    assert runs({"oms_attributes.energy": {">": "6000"}}) == Comparison(ENERGY, ">", "6000")


def test_several_operators_of_one_rule_all_hold():
    expected = AllOf((Comparison(ENERGY, ">", 6000), Comparison(ENERGY, "<", 7000)))
    assert runs({"oms_attributes.energy": {">": 6000, "<": 7000}}) == expected
    assert runs({"oms_attributes.energy": {"and": [{">": 6000}, {"<": 7000}]}}) == expected
    assert runs({"oms_attributes.energy": {"AND": {">": 6000, "<": 7000}}}) == expected


def test_alternatives_of_one_rule_may_be_an_object():
    expected = AnyOf((Comparison(ENERGY, "<", 1), Comparison(ENERGY, ">", 2)))
    assert runs({"oms_attributes.energy": {"or": {"<": 1, ">": 2}}}) == expected


def test_equalities_of_one_column_become_one_membership():
    assert runs({"run_number": {"or": [{"=": 1}, 2, {"=": "3"}]}}) == Comparison(RUN_NUMBER, "in", (1, 2, 3))
    assert runs({"or": [{"run_number": {"=": 1}}, {"run_number": {"=": 2}}]}) == Comparison(RUN_NUMBER, "in", (1, 2))


def test_groups_keep_their_shape_across_tables():
    node = datasets({"or": [{"rr_attributes.class": {"like": "X"}}, {"name": {"<>": "Y"}}]})
    assert node == AnyOf((Comparison(CLASS, "like", "X"), Comparison(NAME, "<>", "Y")))


@pytest.mark.parametrize("key", ["or", "OR"])
def test_upper_case_groups_are_groups(key):
    assert isinstance(runs({key: [{"run_number": {">": 1}}, {"oms_attributes.energy": 3}]}), AnyOf)


@pytest.mark.parametrize(("spelling", "operator"), [("LIKE", "like"), ("NOTLIKE", "notlike"), ("IN", "in"), ("not in", "not in")])
def test_operators_have_other_spellings(spelling, operator):
    node = datasets({"name": {spelling: "a"}})
    assert isinstance(node, Comparison)
    assert node.operator == operator


def test_many_alternatives_that_each_name_a_run_are_looked_for_in_these_runs_only():
    pairs = [{"and": [{"run_number": {"=": number}}, {"name": {"=": f"/{number}"}}]} for number in range(20)]
    node = datasets({"or": pairs})
    assert isinstance(node, AllOf)
    assert node.parts[0] == Comparison(RUN_NUMBER, "in", tuple(range(20)))
    assert isinstance(node.parts[1], AnyOf)
    assert len(node.parts[1].parts) == 20


def test_an_object_on_a_document_goes_one_level_deeper():
    dotted = runs({"rr_attributes.class": {"=": "Cosmics22"}})
    assert runs({"rr_attributes": {"class": {"=": "Cosmics22"}}}) == dotted
    assert runs({"rr_attributes": {"class": "Cosmics22"}}) == dotted
    assert datasets({"rr_attributes": {"class": {"=": "Cosmics22"}}}) == dotted


def test_an_unknown_operator_on_a_document_is_one_more_step_of_the_path():
    assert runs({"oms_attributes.energy": {"foo": 3}}) == Comparison(Column("oms_attributes", ("energy", "foo")), "=", 3)


def test_a_status_may_have_blanks():
    node = runs({"triplet_summary.dt-dt.NO VALUE FOUND": {">": 0}})
    assert node == Comparison(Column("triplet_summary", ("dt-dt", "NO VALUE FOUND")), ">", 0)


def test_deleted_at_the_top_says_nothing():
    assert runs({"deleted": True}) == AllOf()
    assert runs({"deleted": {"=": True}, "run_number": 1}) == Comparison(RUN_NUMBER, "=", 1)


def test_deleted_in_a_group_is_a_condition():
    assert runs({"and": [{"deleted": "true"}]}) == Comparison(Column("deleted"), "=", True)


def test_in_takes_a_list_a_value_or_text_with_commas_or_blanks():
    wanted = Comparison(RUN_NUMBER, "in", (1, 2))
    assert runs({"run_number": {"in": [1, "2"]}}) == wanted
    assert runs({"run_number": {"in": "1, 2,"}}) == wanted
    assert runs({"run_number": {"in": "1 2"}}) == wanted
    assert runs({"run_number": {"in": 7}}) == Comparison(RUN_NUMBER, "in", (7,))


def test_in_with_blanks_but_no_comma_also_means_the_whole_text():
    node = datasets({"dataset_attributes.dt_state": {"in": "waiting dqm gui"}})
    assert node == Comparison(STATE, "in", ("waiting", "dqm", "gui", "waiting dqm gui"))
    node = datasets({"dataset_attributes.dt_state": {"in": "waiting dqm gui, OPEN"}})
    assert node == Comparison(STATE, "in", ("waiting dqm gui", "OPEN"))


def test_not_in_nothing_imposes_nothing_and_in_nothing_matches_nothing():
    assert runs({"run_number": {"not in": []}}) == AllOf()
    assert runs({"run_number": {"in": []}}) == Comparison(RUN_NUMBER, "in", ())


@pytest.mark.parametrize("operator", ["=", "like", "<>", "contains", "foo"])
def test_any_operator_of_datasets_in_gui_asks_for_an_element(operator):
    assert datasets({"datasets_in_gui": {operator: "/A"}}) == Comparison(IN_GUI, "contains", '["/A"]')


def test_datasets_in_gui_takes_text_and_lists():
    assert datasets({"datasets_in_gui": "/A"}) == Comparison(IN_GUI, "contains", '["/A"]')
    assert datasets({"datasets_in_gui": {"=": ["/A", "/B"]}}) == Comparison(IN_GUI, "contains", '["/A", "/B"]')
    either = datasets({"datasets_in_gui": {"or": [{"like": "/A"}, {"like": "/B"}]}})
    assert either == AnyOf((Comparison(IN_GUI, "contains", '["/A"]'), Comparison(IN_GUI, "contains", '["/B"]')))


def test_contains_keeps_the_document_that_is_looked_for():
    node = datasets({"dataset_attributes": {"contains": {"global_state": "OPEN"}}})
    assert node == Comparison(Column("dataset_attributes"), "contains", '{"global_state": "OPEN"}')


def test_a_cast_after_the_key_turns_the_operand():
    duration = Column("oms_attributes", ("ls_duration",))
    assert runs({"oms_attributes.ls_duration::integer": {">": "60"}}) == Comparison(duration, ">", 60.0)
    assert runs({"oms_attributes.ls_duration::text": 60}) == Comparison(duration, "=", "60")
    assert runs({"oms_attributes.ls_duration::boolean": "yes"}) == Comparison(duration, "=", True)


@pytest.mark.parametrize(
    ("key", "table", "message"),
    [
        ("foo", "runs", "column Run.foo does not exist"),
        ("foo", "datasets", "column Dataset.foo does not exist"),
        ("name", "runs", "column Run.name does not exist"),
        ("dataset_attributes.dt_state", "runs", "column Run.dataset_attributes.dt_state does not exist"),
        ("run", "runs", "column Run.run does not exist"),
    ],
)
def test_an_unknown_column_is_named_as_the_service_names_it(key, table, message):
    assert refused({key: 1}, table).startswith(message)


@pytest.mark.parametrize(
    ("key", "table", "meant"),
    [
        ("class", "runs", "rr_attributes.class"),
        ("energy", "datasets", "oms_attributes.energy"),
        ("dataset_name", "datasets", "name"),
        ("run_numbr", "runs", "run_number"),
        ("oms_atributes.energy", "runs", "oms_attributes.energy"),
    ],
)
def test_an_unknown_column_gets_the_nearest_names(key, table, meant):
    with pytest.raises(FilterError) as caught:
        parse_filter({key: 1}, table)
    assert meant in caught.value.nearest
    assert meant in str(caught.value)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("filter_", "message"),
    [
        ({"run_number": "abc"}, 'invalid input syntax for type integer: "abc"'),
        ({"run_number": {">": "3.5"}}, 'invalid input syntax for type integer: "3.5"'),
        ({"run_number": {"=": [1, 2]}}, "invalid input syntax for type integer: [1, 2]"),
        ({"run_number": {"foo": 1}}, 'invalid input syntax for type integer: {"foo": 1}'),
        ({"run_number": {}}, "invalid input syntax for type integer: {}"),
        ({"run_number": True}, "operator does not exist: integer = boolean"),
        ({"run_number": {"like": "3%"}}, "operator does not exist: integer ~~* unknown"),
        ({"run_number": {"contains": 3}}, "operator does not exist: integer @> unknown"),
        ({"run_number": [{"=": 1}]}, 'Invalid value {"=": 1}'),
        ({"name": 5}, "operator does not exist: text = integer"),
        ({"name": {"<>": True}}, "operator does not exist: text <> boolean"),
        ({"name": {"=": ["a"]}}, "operator does not exist: text = text[]"),
        ({"name": {}}, "Invalid value {}"),
        ({"name": {"foo": "a"}}, 'Invalid value {"foo": "a"}'),
        ({"name": {"like": 5}}, "operator does not exist: text ~~* integer"),
        ({"deleted": 1}, "operator does not exist: boolean = integer"),
        ({"deleted": "perhaps"}, 'invalid input syntax for type boolean: "perhaps"'),
        ({"oms_attributes.energy": [1, 2]}, "operator does not exist: text = text[]"),
        ({"oms_attributes.energy": {"=": {"a": 1}}}, 'Invalid value {"a": 1}'),
        ({"oms_attributes.energy": {"like": 5}}, "operator does not exist: text ~~* integer"),
        ({"oms_attributes.energy::integer": "abc"}, "invalid input syntax for type double precision"),
        ({"oms_attributes.energy::integer; drop table run": 1}, 'type "integer; drop table run" does not exist'),
        ({"rr_attributes": "x"}, "rr_attributes is a whole document"),
        ({"rr_attributes": {"like": "x"}}, "rr_attributes is a whole document"),
    ],
)
def test_what_a_column_cannot_be_compared_with_is_refused(filter_, message):
    assert refused(filter_, "datasets").startswith(message)


def test_an_unknown_operator_gets_the_nearest_ones():
    with pytest.raises(FilterError, match=r"unknown operator \"lik\" \(did you mean like") as caught:
        datasets({"name": {"lik": "%a%"}})
    assert caught.value.nearest[0] == "like"


@pytest.mark.parametrize("filter_", [None, "text", ["a"], [None]])
def test_what_is_no_filter_is_refused(filter_):
    with pytest.raises(FilterError):
        runs(filter_)


@pytest.mark.parametrize("group", [None, 5, {}, {"run_number": 1}, "x"])
def test_a_group_must_be_a_list(group):
    assert "takes a list of filters" in refused({"or": group})


@pytest.mark.parametrize("part", [None, 5, "x", []])
def test_a_part_of_a_group_must_be_a_filter(part):
    assert 'every part of "and" must be a filter' in refused({"and": [part]})


@pytest.mark.parametrize("rules", [None, 5, "x"])
def test_a_group_of_rules_must_be_a_list_or_an_object(rules):
    assert "takes a list of rules" in refused({"run_number": {"or": rules}})


@pytest.mark.parametrize("wrap", [lambda inner: {"and": [inner]}, lambda inner: {"oms_attributes": inner}])
def test_a_filter_nested_too_deep_is_refused_at_once(wrap):
    filter_ = {"run_number": 1}
    for _ in range(5000):
        filter_ = wrap(filter_)
    assert "nested more than" in refused(filter_)


def test_a_filter_with_too_many_parts_is_refused():
    assert "more than 50,000 parts" in refused({"run_number": {"in": list(range(60_000))}})


def test_a_path_that_goes_too_deep_is_refused():
    assert "levels deep" in refused({"oms_attributes" + ".a" * 100: 1})


def test_a_long_value_is_cut_in_the_message():
    assert len(refused({"name": {"=": ["x" * 10_000]}}, "datasets")) < 300


def test_the_filter_is_not_changed():
    filter_ = {"and": [{"run_number": {"or": [1, {"=": "2"}]}}], "rr_attributes": {"class": "X"}}
    before = repr(filter_)
    runs(filter_)
    assert repr(filter_) == before


def test_the_language_is_read_without_numpy():
    code = "import sys, runregistry.filters; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
