"""Where a webhook may go: public addresses only, whatever a name resolves to."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

PORTS = frozenset({443, 8443})
_REFUSED_BESIDES = [ip_network(each) for each in ("100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "64:ff9b::/96")]
"""Of what Python calls global or does not classify in every version: carriers' own networks, tests, translated IPv4."""


def url_fault(url: str, *, allow_local: bool) -> str | None:
    """Return what is wrong with an endpoint's URL, or None. `allow_local`: http and any port, for development."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is not a URL"
    if not parts.hostname or parts.scheme not in ("http", "https"):
        return "must be an https URL"
    if parts.username or parts.password:
        return "must hold no user and no password: they would stand in logs"
    if parts.fragment:
        return "must have no fragment"
    if allow_local:
        return None
    if parts.scheme != "https":
        return "must be https"
    if port is not None and port not in PORTS:
        return "must use port 443 or 8443"
    return None


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet; IPv4 in IPv6 counts as what it stands for."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is not None:
            return is_public(str(inner))
    refused = any(found in network for network in _REFUSED_BESIDES if network.version == found.version)
    return found.is_global and not found.is_multicast and not found.is_reserved and not refused
