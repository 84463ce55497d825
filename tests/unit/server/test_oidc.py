"""Tokens: which are believed, and what is said to those who bring others."""

from __future__ import annotations

import base64
import json
import re
import time
from typing import Any

import pytest
from joserfc.jwk import OctKey
from tests.integration.oidc_provider import AUDIENCE, Provider, new_key

from runregistry.errors import APIError, AuthenticationError, SettingsError
from runregistry.server.identity import Identity, OIDCSettings, Permission, check_permission
from runregistry.server.oidc import ALGORITHMS, TokenVerifier
from runregistry.server.signing_keys import SigningKeys, check_issuer

EXPERTS = frozenset({"cms-dqm-runregistry-experts"})


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def shared() -> Provider:
    return Provider()


@pytest.fixture
def provider(shared: Provider) -> Provider:
    """A provider whose first key was made once for all tests: making one takes a while."""
    fresh = Provider.__new__(Provider)
    fresh.__dict__ |= {"issuer": shared.issuer, "asked": [], "is_down": False, "keys": list(shared.keys)}
    return fresh


def verifier(provider: Provider, **settings: Any) -> TokenVerifier:
    return TokenVerifier(OIDCSettings(provider.issuer, AUDIENCE, **settings), fetch=provider.document)


def identity(provider: Provider, token: str, **settings: Any) -> Identity:
    return verifier(provider, **settings).identity({"authorization": f"Bearer {token}"})


def refusal(provider: Provider, token: str, **settings: Any) -> str:
    with pytest.raises(AuthenticationError) as caught:
        identity(provider, token, **settings)
    text = str(caught.value)
    assert not [part for part in token.split(".") if len(part) > 8 and part in text], "a part of the token is in the text"
    assert caught.value.__cause__ is None
    return text


def from_now(claims: dict[str, Any]) -> dict[str, Any]:
    """Turn seconds from now into points in time."""
    now = int(time.time())
    return {name: now + value if type(value) is int else value for name, value in claims.items()}


def test_a_good_token_says_who_asks(provider: Provider) -> None:
    assert identity(provider, provider.token()) == Identity("expert@example.org", EXPERTS, is_internal=False, is_verified=True)


@pytest.mark.parametrize("kind", ["EC", "OKP"])
def test_keys_of_every_asymmetric_kind_are_accepted(provider: Provider, kind: str) -> None:
    provider.rotate(new_key("curve", kind))
    assert identity(provider, provider.token()).email == "expert@example.org"


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Bearer", "Bearer  ", "token"])
def test_without_a_token_the_answer_says_what_to_send(provider: Provider, header: str) -> None:
    with pytest.raises(AuthenticationError, match=r"send 'Authorization: Bearer …' with a token of https://sign-in"):
        verifier(provider).identity({"authorization": header})
    assert not provider.asked


def test_the_scheme_is_written_in_any_case(provider: Provider) -> None:
    assert verifier(provider).identity({"authorization": f"bEARER  {provider.token()} "}).is_verified


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"exp": -61}, "has expired"),
        ({"nbf": 600}, r"not in force yet \(nbf\)"),
        ({"iat": 600}, r"not in force yet \(iat\)"),
        ({"aud": "another-application"}, f"ask for one whose audience is {AUDIENCE}"),
        ({"aud": ["a", "b"]}, f"ask for one whose audience is {AUDIENCE}"),
        ({"aud": {"run-registry": 1}}, f"ask for one whose audience is {AUDIENCE}"),
        ({"iss": "https://sign-in.example.org/realms/other"}, "of another sign-in service"),
        ({"iss": "https://sign-in.example.org/realms/test/"}, "of another sign-in service"),
        ({"exp": "tomorrow"}, "the claim exp of the token can't be read"),
        ({"exp": True}, "the claim exp|expired"),
    ],
)
def test_a_token_that_is_not_for_here_and_now_is_refused(provider: Provider, claims: dict[str, Any], says: str) -> None:
    assert re.search(says, refusal(provider, provider.token(**from_now(claims))))


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat"])
def test_a_token_that_lacks_a_claim_is_refused_with_its_name(provider: Provider, name: str) -> None:
    assert f"lacks the claim {name}" in refusal(provider, provider.token(**{name: None}))


def test_a_token_that_does_not_say_whose_it_is_is_refused(provider: Provider) -> None:
    text = refusal(provider, provider.token(sub=None, email=None), email_claim="mail")
    assert "it has no claim mail, preferred_username or sub" in text


def test_clocks_may_differ_a_little(provider: Provider) -> None:
    assert identity(provider, provider.token(**from_now({"exp": -30, "nbf": 30, "iat": 30}))).is_verified


def test_one_of_several_audiences_is_enough(provider: Provider) -> None:
    assert identity(provider, provider.token(aud=["other", AUDIENCE])).is_verified


def test_nobody_signs_with_nothing_or_with_the_public_key(provider: Provider) -> None:
    for token in (provider.unsigned(), provider.signed_with_public_key()):
        assert "not signed in a way that is accepted here" in refusal(provider, token)
    assert not [name for name in ALGORITHMS if name.startswith(("HS", "none"))]


def test_a_changed_token_is_refused(provider: Provider) -> None:
    head, body, signature = provider.token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = base64.urlsafe_b64encode(json.dumps(claims | {"groups": ["everything"]}).encode()).rstrip(b"=").decode()
    assert "signature of the token is wrong" in refusal(provider, f"{head}.{forged}.{signature}")


def test_a_key_of_someone_else_under_a_known_name_is_refused(provider: Provider) -> None:
    assert "signature of the token is wrong" in refusal(provider, provider.token(key=new_key("first")))


def test_a_key_of_another_kind_does_not_fit(provider: Provider) -> None:
    assert "does not publish" in refusal(provider, provider.token(key=new_key("first", "EC")))


@pytest.mark.parametrize("token", ["x", "a.b", "a.b.c", "....", "é" * 40, "a" * 200_000, "eyJhbGciOiJSUzI1NiJ9.W10.c2ln"])
def test_what_is_no_token_is_refused(provider: Provider, token: str) -> None:
    refusal(provider, token)


def test_a_critical_header_that_is_not_understood_is_refused(provider: Provider) -> None:
    part = base64.urlsafe_b64encode(json.dumps({"alg": "RS256", "kid": "first", "crit": ["exp"], "exp": 1}).encode()).decode()
    _, body, signature = provider.token().split(".")
    refusal(provider, f"{part.rstrip('=')}.{body}.{signature}")


def test_keys_are_fetched_once(provider: Provider) -> None:
    tokens = verifier(provider)
    for _ in range(3):
        tokens.identity({"authorization": f"Bearer {provider.token()}"})
    assert provider.asked == [f"{provider.issuer}/.well-known/openid-configuration", f"{provider.issuer}/keys"]


def keys(provider: Provider, clock: Clock) -> SigningKeys:
    return SigningKeys(provider.issuer, fetch=provider.document, clock=clock)


def test_a_rotated_key_is_found_and_the_old_one_no_longer_believed(provider: Provider) -> None:
    clock = Clock()
    found = keys(provider, clock)
    found.find("first", "RS256")
    provider.rotate(new_key("second", "EC"))
    clock.now += 60
    assert found.find("second", "ES256").kid == "second"
    with pytest.raises(AuthenticationError, match="does not publish"):
        found.find("first", "RS256")


def test_unknown_keys_do_not_make_it_ask_all_the_time(provider: Provider) -> None:
    clock = Clock()
    found = keys(provider, clock)
    for _ in range(5):
        with pytest.raises(AuthenticationError, match="does not publish"):
            found.find("made-up", "RS256")
    assert len(provider.asked) == 2
    clock.now += 60
    with pytest.raises(AuthenticationError):
        found.find("made-up", "RS256")
    assert len(provider.asked) == 4


def test_a_key_that_was_withdrawn_is_forgotten_within_the_hour(provider: Provider) -> None:
    clock = Clock()
    found = keys(provider, clock)
    found.find("first", "RS256")
    provider.rotate(new_key("second", "EC"))
    clock.now += 3601
    with pytest.raises(AuthenticationError):
        found.find("first", "RS256")


def test_a_provider_that_is_down_is_no_fault_of_the_token(provider: Provider) -> None:
    provider.is_down = True
    with pytest.raises(APIError, match="can't be reached") as caught:
        identity(provider, provider.token())
    assert caught.value.status == 503


def test_known_keys_stay_good_while_the_provider_is_down(provider: Provider) -> None:
    clock = Clock()
    found = keys(provider, clock)
    found.find("first", "RS256")
    provider.is_down = True
    for _ in range(3):
        clock.now += 4000
        assert found.find("first", "RS256").kid == "first"
    provider.is_down = False
    clock.now += 60
    assert found.find("first", "RS256").kid == "first"


@pytest.mark.parametrize(
    "published",
    [
        {"keys": []},
        {"keys": [{"kty": "RSA", "kid": "first"}]},
        {"keys": [{"kty": "oct", "kid": "first", "k": "c2VjcmV0"}]},
        {"keys": "none"},
        ["keys"],
    ],
)
def test_a_set_without_a_key_that_signs_is_as_good_as_none(provider: Provider, published: Any) -> None:
    def fetch(url: str) -> Any:
        return published if url.endswith("/keys") else provider.document(url)

    with pytest.raises(APIError, match="can't be reached"):
        SigningKeys(provider.issuer, fetch=fetch).find("first", "RS256")


def test_a_published_secret_is_ignored_beside_real_keys(provider: Provider) -> None:
    secret = OctKey.generate_key(256, {"kid": "secret"})

    def fetch(url: str) -> Any:
        document = provider.document(url)
        return {"keys": [secret.as_dict(private=True), *document["keys"]]} if url.endswith("/keys") else document

    found = SigningKeys(provider.issuer, fetch=fetch)
    assert found.find("first", "RS256").kid == "first"
    with pytest.raises(AuthenticationError):
        found.find("secret", "HS256")


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://elsewhere.example.org", "jwks_uri": "https://elsewhere.example.org/keys"},
        {"issuer": "https://sign-in.example.org/realms/test", "jwks_uri": "http://sign-in.example.org/keys"},
        {"issuer": "https://sign-in.example.org/realms/test"},
        [],
    ],
)
def test_a_discovery_document_of_another_issuer_or_without_tls_is_not_followed(provider: Provider, discovery: Any) -> None:
    asked = []

    def fetch(url: str) -> Any:
        asked.append(url)
        return discovery

    with pytest.raises(APIError, match="can't be reached"):
        SigningKeys(provider.issuer, fetch=fetch).find("first", "RS256")
    assert len(asked) == 1


def test_a_token_need_not_name_the_only_key_but_must_choose_among_several(provider: Provider) -> None:
    nameless = provider.token(header={"kid": None})
    assert identity(provider, nameless).is_verified
    provider.keys.append(new_key("second", "EC"))
    assert "does not say which key" in refusal(provider, nameless)


@pytest.mark.parametrize("issuer", ["http://sign-in.example.org", "sign-in", "", "ftp://127.0.0.1", "https://"])
def test_an_issuer_must_be_protected_by_tls(issuer: str) -> None:
    with pytest.raises(SettingsError, match="https URL"):
        check_issuer(issuer)


def test_an_audience_is_needed(provider: Provider) -> None:
    with pytest.raises(SettingsError, match="--oidc-audience"):
        TokenVerifier(OIDCSettings(provider.issuer, ""))


@pytest.mark.parametrize(
    ("claims", "settings", "egroups"),
    [
        ({"cern_roles": ["a", " b "]}, {"groups_claim": "cern_roles"}, {"a", "b"}),
        ({"realm_access": {"roles": ["a"]}}, {"groups_claim": "realm_access.roles"}, {"a"}),
        ({"https://example.org/groups": ["a"]}, {"groups_claim": "https://example.org/groups"}, {"a"}),
        ({"groups": "a, b,,"}, {}, {"a", "b"}),
        ({"groups": ["a", 1, None, {"b": "c"}, ""]}, {}, {"a"}),
        ({"groups": None}, {}, set()),
        ({"groups": {"a": True}}, {}, set()),
    ],
)
def test_egroups_are_read_from_the_claim_that_is_named(
    provider: Provider, claims: dict[str, Any], settings: dict[str, str], egroups: set[str]
) -> None:
    assert identity(provider, provider.token(**claims), **settings).egroups == egroups


@pytest.mark.parametrize(
    ("claims", "email"),
    [
        ({"email": "a@example.org"}, "a@example.org"),
        ({"email": None, "preferred_username": "shifter"}, "shifter"),
        ({"email": None}, "4711"),
        ({"email": "boss@example.org", "email_verified": False, "preferred_username": "shifter"}, "shifter"),
        ({"email": ["a"]}, "4711"),
    ],
)
def test_the_author_is_the_address_or_else_the_name_of_the_user(provider: Provider, claims: dict[str, Any], email: str) -> None:
    assert identity(provider, provider.token(**claims)).email == email


AUTOMATIC = {"automatic_clients": ("oms-poller",)}


@pytest.mark.parametrize(
    "claims",
    [
        {"azp": "oms-poller", "sub": "oms-poller", "email": None},
        {"azp": "oms-poller", "preferred_username": "service-account-oms-poller", "email": None},
        {"client_id": "oms-poller", "sub": "oms-poller"},
    ],
)
def test_an_applications_own_token_may_record_automatic_changes(provider: Provider, claims: dict[str, Any]) -> None:
    known = identity(provider, provider.token(**claims), **AUTOMATIC)
    assert known.is_automatic
    check_permission([], known, "/runs")


@pytest.mark.parametrize(
    "claims",
    [
        {"azp": "oms-poller"},  # a person who signed in through it
        {"azp": "another", "sub": "another", "email": "auto@auto"},
        {"email": "auto@auto - oms-poller"},
    ],
)
def test_nobody_else_is_automatic(provider: Provider, claims: dict[str, Any]) -> None:
    assert not identity(provider, provider.token(**claims), **AUTOMATIC).is_automatic
    assert not identity(provider, provider.token(azp="oms-poller", sub="oms-poller")).is_automatic


def test_a_user_without_egroups_is_told_which_ones_may(provider: Provider) -> None:
    with pytest.raises(APIError, match=r"^User needs to be part of any of the following e-groups") as caught:
        check_permission([Permission("experts", (".*",))], identity(provider, provider.token(groups=None)), "/runs")
    assert caught.value.status == 401
