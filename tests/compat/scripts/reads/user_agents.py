# clients: 3.1.2
"""What people's tests look at before anything is sent."""

import json
import sys

import requests
from runregistry.runregistry import __version__, _get_headers, _get_target, _get_token, _get_user_agent, setup

agents = {}
for target in ["development", "local", "production"]:
    setup(target)
    agent = _get_user_agent()
    python = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    agents[target] = [
        _get_target() == target,
        agent.replace(__version__, "VERSION"),
        __version__ in agent and python in agent and requests.__version__ in agent,
        sorted(_get_headers(token="WHATEVER :/")),
        _get_headers(token="WHATEVER :/")["Authorization"],
        sorted(_get_headers()),
    ]
setup("local")
try:
    setup("nowhere")
    text = ""
except Exception as error:
    text = str(error)
print(json.dumps({"agents": agents, "token": _get_token(), "text": text[:29], "still": _get_target()}))
