"""``runregistry serve`` and ``runregistry worker``: their many options, gathered for `runregistry.cli.running`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["LogFormat", "LogLevel", "serve", "worker"]


class LogFormat(StrEnum):
    """How lines of the log look."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """From which level on lines are logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


_IDENTITY = "Who users are (--auth oidc)"
_SOURCES = "What is followed"
_LIMITS = "Limits"
_LOG = "Log"

_Host = Annotated[str, typer.Option("--host", help="Where to listen.")]
_Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")]
_Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL|FILE",
        help="sqlite:///file.db, a SQLite file, or postgresql://user@host/name. Without it RUNREGISTRY_DATABASE, "
        "or the embedded registry's file in the user's data folder.",
    ),
]
_Settings = Annotated[Path | None, typer.Option("--settings", metavar="FILE", help="Settings (JSON) of a new registry.")]
_Auth = Annotated[
    str | None,
    typer.Option(
        "--auth",
        metavar="headers|oidc",
        help="How users are identified: by headers of the proxy in front, or by signed tokens. "
        "Needed where other machines can connect.",
    ),
]
_Issuer = Annotated[
    str | None,
    typer.Option(
        "--oidc-issuer", metavar="URL", envvar="RUNREGISTRY_OIDC_ISSUER", help="The sign-in service.", rich_help_panel=_IDENTITY
    ),
]
_Audience = Annotated[
    str | None,
    typer.Option(
        "--oidc-audience",
        metavar="NAME",
        envvar="RUNREGISTRY_OIDC_AUDIENCE",
        help="The name of this registry there.",
        rich_help_panel=_IDENTITY,
    ),
]
_GroupsClaim = Annotated[
    str,
    typer.Option(
        "--oidc-groups-claim",
        metavar="NAME",
        envvar="RUNREGISTRY_OIDC_GROUPS_CLAIM",
        help="The claim that lists e-groups; dots lead into objects.",
        rich_help_panel=_IDENTITY,
    ),
]
_EmailClaim = Annotated[
    str,
    typer.Option(
        "--oidc-email-claim",
        metavar="NAME",
        envvar="RUNREGISTRY_OIDC_EMAIL_CLAIM",
        help="The claim that says who it is.",
        rich_help_panel=_IDENTITY,
    ),
]
_AutomaticClients = Annotated[
    list[str] | None,
    typer.Option(
        "--oidc-automatic-client",
        metavar="ID",
        envvar="RUNREGISTRY_OIDC_AUTOMATIC_CLIENTS",
        help="An application whose own tokens record automatic changes; may be given again.",
        rich_help_panel=_IDENTITY,
    ),
]
_OmsUrl = Annotated[
    str | None,
    typer.Option(
        "--oms-url",
        metavar="URL",
        envvar="RUNREGISTRY_OMS_URL",
        help="OMS, where runs come from: https://cmsoms.cern.ch/agg/api/v1, or another one of its kind.",
        rich_help_panel=_SOURCES,
    ),
]
_OmsInterval = Annotated[
    float,
    typer.Option(
        "--oms-interval",
        metavar="SECONDS",
        min=0,
        help="From one look at OMS to the next; 0 only asks when a run is refreshed.",
        rich_help_panel=_SOURCES,
    ),
]
_OmsTokenUrl = Annotated[
    str | None,
    typer.Option(
        "--oms-token-url",
        metavar="URL",
        envvar="RUNREGISTRY_OMS_TOKEN_URL",
        help="The sign-in service that OMS believes. Used with RUNREGISTRY_OMS_CLIENT_ID and RUNREGISTRY_OMS_CLIENT_SECRET; "
        "without those OMS is asked without a token.",
        rich_help_panel=_SOURCES,
    ),
]
_DqmGuiUrl = Annotated[
    str | None,
    typer.Option(
        "--dqm-gui-url",
        metavar="URL",
        envvar="RUNREGISTRY_DQM_GUI_URL",
        help="Where the DQM GUI lists its samples: datasets that appear there are opened.",
        rich_help_panel=_SOURCES,
    ),
]
_DqmGuiInterval = Annotated[
    float,
    typer.Option(
        "--dqm-gui-interval",
        metavar="SECONDS",
        min=0.01,
        help="From one look at the DQM GUI to the next.",
        rich_help_panel=_SOURCES,
    ),
]
_DqmGuiCert = Annotated[
    Path | None,
    typer.Option(
        "--dqm-gui-cert",
        metavar="FILE",
        envvar="RUNREGISTRY_DQM_GUI_CERT",
        help="The registry's own certificate with its key (PEM), where the DQM GUI asks for one.",
        rich_help_panel=_SOURCES,
    ),
]
_MaxBody = Annotated[
    int, typer.Option("--max-body", metavar="MB", min=1, help="Larger bodies are refused.", rich_help_panel=_LIMITS)
]
_RequestTimeout = Annotated[
    float,
    typer.Option(
        "--request-timeout",
        metavar="SECONDS",
        min=0.1,
        help="A request that takes longer is refused, and nothing of it stored.",
        rich_help_panel=_LIMITS,
    ),
]
_Shutdown = Annotated[
    float,
    typer.Option(
        "--shutdown-timeout",
        metavar="SECONDS",
        min=0,
        help="How long requests and the job at hand may take to end when the process is told to stop.",
        rich_help_panel=_LIMITS,
    ),
]
_Style = Annotated[
    LogFormat | None,
    typer.Option(
        "--log-format",
        help="Log a line for each request to stderr. Without it only warnings and errors, as text.",
        rich_help_panel=_LOG,
    ),
]
_Level = Annotated[
    LogLevel | None,
    typer.Option("--log-level", help="Without it info if --log-format is given, else warning.", rich_help_panel=_LOG),
]
_NoWorker = Annotated[bool, typer.Option("--no-worker", help="Leave jobs and pollers to another process.")]


def serve(
    host: _Host = "127.0.0.1",
    port: _Port = 9500,
    database: _Database = None,
    settings: _Settings = None,
    auth: _Auth = None,
    no_worker: _NoWorker = False,
    oidc_issuer: _Issuer = None,
    oidc_audience: _Audience = None,
    oidc_groups_claim: _GroupsClaim = "groups",
    oidc_email_claim: _EmailClaim = "email",
    oidc_automatic_client: _AutomaticClients = None,
    oms_url: _OmsUrl = None,
    oms_interval: _OmsInterval = 300.0,
    oms_token_url: _OmsTokenUrl = None,
    dqm_gui_url: _DqmGuiUrl = None,
    dqm_gui_interval: _DqmGuiInterval = 600.0,
    dqm_gui_cert: _DqmGuiCert = None,
    max_body: _MaxBody = 400,
    request_timeout: _RequestTimeout = 300.0,
    shutdown_timeout: _Shutdown = 30.0,
    log_format: _Style = None,
    log_level: _Level = None,
) -> None:
    """Serve a registry over HTTP."""
    from runregistry.cli.running import logged, oidc_settings, serve_registry
    from runregistry.cli.sources import dqm_gui_settings, oms_settings

    clients = tuple(oidc_automatic_client or ())
    options = {
        "run_worker": not no_worker,
        "oidc": oidc_settings(auth, oidc_issuer, oidc_audience, oidc_groups_claim, oidc_email_claim, clients),
        "oms": oms_settings(oms_url, oms_interval, oms_token_url),
        "dqm_gui": dqm_gui_settings(dqm_gui_url, dqm_gui_interval, dqm_gui_cert),
        "max_body_bytes": max_body * 1024 * 1024,
        "request_timeout_s": request_timeout,
        "shutdown_s": shutdown_timeout,
    }
    with logged(log_format, log_level):
        serve_registry(host, port, database, settings, auth, **options)


def worker(
    database: _Database = None,
    oms_url: _OmsUrl = None,
    oms_interval: _OmsInterval = 300.0,
    oms_token_url: _OmsTokenUrl = None,
    dqm_gui_url: _DqmGuiUrl = None,
    dqm_gui_interval: _DqmGuiInterval = 600.0,
    dqm_gui_cert: _DqmGuiCert = None,
    shutdown_timeout: _Shutdown = 30.0,
    log_format: _Style = None,
    log_level: _Level = None,
) -> None:
    """Work on a registry's jobs, and follow its sources, in a process of its own beside one or more `serve --no-worker`."""
    from runregistry.cli.running import logged, run_worker
    from runregistry.cli.sources import dqm_gui_settings, oms_settings

    oms = oms_settings(oms_url, oms_interval, oms_token_url)
    dqm_gui = dqm_gui_settings(dqm_gui_url, dqm_gui_interval, dqm_gui_cert)
    with logged(log_format, log_level):
        run_worker(database, oms=oms, dqm_gui=dqm_gui, shutdown_s=shutdown_timeout)
