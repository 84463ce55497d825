"""Who may do what."""

from __future__ import annotations

import pytest

from runregistry.errors import APIError, PermissionDenied
from runregistry.server.identity import Identity, Permission, check_permission, identity_of_headers, is_loopback

EXPERTS = Permission("experts", (".*",))
SHIFTERS = Permission("shifters", ("/runs/move_run/OPEN/SIGNOFF", "/manual_run_edit/.*/stop_reason"))
MOVE = "/runs/move_run/OPEN/SIGNOFF"


def user(*egroups: str, email: str = "shifter@example.org", is_internal: bool = True) -> Identity:
    return Identity(email, frozenset(egroups), is_internal)


def test_egroups_are_separated_by_commas_and_trimmed() -> None:
    identity = identity_of_headers({"email": " shifter@example.org", "egroups": "a, b,,"}, "127.0.0.1")
    assert identity == Identity("shifter@example.org", frozenset({"a", "b"}), True)


@pytest.mark.parametrize(
    ("host", "internal"), [(None, True), ("::1", True), ("127.3.4.5", True), ("10.0.0.7", False), ("x", False)]
)
def test_only_this_machine_is_internal(host: str | None, internal: bool) -> None:
    assert identity_of_headers({}, host).is_internal is internal


def test_a_member_may_call_what_a_route_of_its_egroup_is_found_in() -> None:
    check_permission([EXPERTS, SHIFTERS], user("shifters"), MOVE)
    check_permission([SHIFTERS], user("other", "shifters"), f"/api{MOVE}/")


def test_a_refusal_names_each_egroup_that_may_once() -> None:
    with pytest.raises(PermissionDenied) as caught:
        check_permission([EXPERTS, EXPERTS, SHIFTERS], user("nobodies"), MOVE)
    text = str(caught.value)
    assert text.startswith("User needs to be part of any of the following e-groups to fulfill this action (clickable links): ")
    assert text.count(">experts<") == text.count(">shifters<") == 1
    assert caught.value.status == 401


def test_a_refusal_escapes_the_names_of_egroups() -> None:
    with pytest.raises(PermissionDenied) as caught:
        check_permission([Permission("<script>&", (".*",))], user("nobodies"), MOVE)
    assert "<script>" not in str(caught.value)


def test_a_path_that_no_permission_names_has_its_own_refusal() -> None:
    with pytest.raises(PermissionDenied, match=r"^There is no egroup that is authorized to do this action"):
        check_permission([SHIFTERS], user("shifters"), "/classifiers/class")


@pytest.mark.parametrize("identity", [user("shifters", email=""), user(email="shifter@example.org")])
def test_a_request_that_does_not_say_who_asks_is_refused_first(identity: Identity) -> None:
    with pytest.raises(APIError, match=r"^Request must provide email and egroups$") as caught:
        check_permission([EXPERTS], identity, MOVE)
    assert caught.value.status == 500


def test_automatic_authors_need_no_permission_on_this_machine_and_have_none_from_elsewhere() -> None:
    check_permission([], user(email="auto@auto"), MOVE)
    with pytest.raises(APIError):
        check_permission([], user(email="auto@auto", is_internal=False), MOVE)


def test_an_expression_that_is_none_permits_only_what_it_says() -> None:
    broken = Permission("shifters", ("/runs/(",))
    check_permission([broken], user("shifters"), "/runs/(")
    with pytest.raises(PermissionDenied):
        check_permission([broken], user("shifters"), "/runs/1")


def test_every_address_but_loopback_is_open_to_others() -> None:
    assert [is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "192.168.1.2")] == [True] * 3 + [
        False
    ] * 3
