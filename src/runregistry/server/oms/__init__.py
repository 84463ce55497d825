"""CMS's Online Monitoring System (OMS), which knows runs first: asked for one run, and followed for new and changed ones."""

from runregistry.server.oms.client import OMSClient
from runregistry.server.oms.cycle import Cycle, PollMemory, poll_once
from runregistry.server.oms.poller import OMSPoller
from runregistry.server.oms.settings import OMSSettings

__all__ = ["Cycle", "OMSClient", "OMSPoller", "OMSSettings", "PollMemory", "poll_once"]
