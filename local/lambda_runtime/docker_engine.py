"""What `make invoke-all` asks of a Docker engine, over its own HTTP API: no client program or library is needed."""

import json
import socket
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_network
from urllib.parse import urlsplit

DEFAULT_ADDRESS = "unix:///var/run/docker.sock"
_SECONDS = 5


class Engine:
    """An engine at an address as DOCKER_HOST gives it: unix:///path or tcp://host:port."""

    def __init__(self, address: str) -> None:
        self.address = address

    def answers(self) -> bool:
        """Whether an engine listens there."""
        return self._get("/_ping") is not None

    def gateway(self) -> str | None:
        """The address at which containers of its default network find the engine's machine."""
        found = self._get("/networks/bridge")
        settings = json.loads(found)["IPAM"]["Config"] if found else []
        for each in settings:
            # Unless somebody has chosen one, the gateway is the network's first address, and not always listed.
            return str(each.get("Gateway") or ip_network(each["Subnet"])[1])
        return None

    def _get(self, path: str) -> bytes | None:
        with closing(_Connection(self.address)) as connection:
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, HTTPException):
                return None
            return body if answer.status == 200 else None


class _Connection(HTTPConnection):
    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        super().__init__(parts.hostname or "localhost", parts.port or 2375, timeout=_SECONDS)
        self._path = parts.path if parts.scheme == "unix" else None

    def connect(self) -> None:
        if self._path is None:
            super().connect()
            return
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(self._path)
