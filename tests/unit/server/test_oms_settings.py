"""Settings of OMS are checked, and keep their secret."""

from __future__ import annotations

import pytest

from runregistry.errors import SettingsError
from runregistry.server import ServerSettings
from runregistry.server.oms import OMSClient, OMSSettings
from runregistry.server.oms.settings import check_settings

GOOD = OMSSettings(client_id="registry", client_secret="hush")


def test_the_settings_that_ship_lead_to_oms_and_verify_it() -> None:
    assert GOOD.url == "https://cmsoms.cern.ch/agg/api/v1"
    assert GOOD.verify is True
    assert check_settings(GOOD) is GOOD


@pytest.mark.parametrize("shown", [repr(GOOD), str(GOOD), f"{ServerSettings(oms=GOOD)}", repr(OMSClient(GOOD))])
def test_the_secret_is_never_shown(shown: str) -> None:
    assert "hush" not in shown
    assert "cmsoms" in shown


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"url": "cmsoms.cern.ch"}, "url of OMS must be an http or https URL, not 'cmsoms.cern.ch'"),
        ({"token_url": "ftp://auth"}, "token_url of OMS must be"),
        ({"url": "http://cmsoms.cern.ch/agg"}, "a token would travel unprotected"),
        ({"url": "https://me:hush@cmsoms.cern.ch"}, "must not hold a name or password"),
        ({"client_id": ""}, "name the client id and secret"),
        ({"client_secret": ""}, "name the client id and secret"),
        ({"interval_s": -1.0}, "interval_s of OMS must be from 0"),
        ({"timeout_s": 0.0}, "timeout_s of OMS must be from"),
        ({"attempts": 0}, "attempts of OMS must be from 1"),
        ({"page_size": 0}, "page_size of OMS must be from 1"),
    ],
)
def test_settings_that_can_not_work_are_refused(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError, match=says.replace("(", r"\(")) as caught:
        check_settings(GOOD._replace(**wrong))
    assert "hush" not in str(caught.value)


def test_a_plain_url_may_be_asked_without_a_token() -> None:
    settings = OMSSettings("http://oms.example.org/api", token_url=None)
    assert check_settings(settings) is settings


def test_certificates_that_are_none_are_refused(tmp_path) -> None:
    path = tmp_path / "authorities.pem"
    path.write_text("no certificate")
    for name in (str(path), str(tmp_path / "missing.pem")):
        with pytest.raises(SettingsError, match="as the certificates to trust OMS by"):
            OMSClient(GOOD._replace(verify=name))
