"""Where a webhook may go: public addresses only, whatever a name resolves to."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

PORTS = frozenset({443, 8443})
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")
"""RFC 1123, with the underscore that some have all the same."""
_GLOBAL_IPV6 = ip_network("2000::/3")
"""All that IANA has given out for the internet. What lies outside is local, for tests, or IPv4 in another dress (::/96,
64:ff9b::/96 and 64:ff9b:1::/48 of NAT64, fec0::/10), of which Python takes some for global."""
_REFUSED_BESIDES = [
    ip_network(each)
    for each in ("100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "2001:db8::/32", "3fff::/20")
]
"""Of what Python calls global, or not in every version: carriers' own networks, relays, tests, examples."""


def url_fault(url: str, *, allow_local: bool) -> str | None:
    """Return what is wrong with an endpoint's URL, or None. `allow_local`: http and any port, for development."""
    try:
        parts = urlsplit(url)
        port = parts.port
        name = ascii_host(parts.hostname or "")
    except ValueError:
        return "is not a URL"
    if not parts.hostname or parts.scheme not in ("http", "https"):
        return "must be an https URL"
    if "@" in parts.netloc:
        return "must hold no user and no password: they would stand in logs"
    if parts.fragment:
        return "must have no fragment"
    if not (parts.path + parts.query).isascii() or any(not each >= "!" for each in url) or "\x7f" in url:
        return "must hold no space and no control character, and nothing but ASCII after its host: encode them with %"
    if ":" not in name and not _HOST.fullmatch(name):
        return "has no host that there can be"
    if allow_local:
        return None
    if parts.scheme != "https":
        return "must be https"
    if port is not None and port not in PORTS:
        return "must use port 443 or 8443"
    return None


def without_secrets(url: str) -> str:
    """Return an endpoint's URL as everybody may see it: what follows the host opens many a service to who knows it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


def ascii_host(host: str) -> str:
    """Return a host's name as it is looked up, sent and certified: by IDNA, without the dot of the root.

    Raises ValueError for one that has no such form.
    """
    name = host.rstrip(".")
    return name if name.isascii() else name.encode("idna").decode("ascii")


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
        if found not in _GLOBAL_IPV6:
            return False
    refused = any(found in network for network in _REFUSED_BESIDES if network.version == found.version)
    return found.is_global and not found.is_multicast and not found.is_reserved and not refused
