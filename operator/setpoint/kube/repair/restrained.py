"""The security contexts of copies: the target's, without what gives power over the node. Pure.

A copy runs code that nobody has read. What Pod Security calls "baseline" is the most that it may have, whatever the
target was given; a service that needs more does not start as a copy, and that is what is said of it then.
"""

from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]
_POWERS = ("privileged", "procMount", "seLinuxOptions", "windowsOptions")
_CAPABILITIES = frozenset(
    [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
    ]
)
_SYSCTLS = frozenset(
    [
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
    ]
)


def restrained(context: Mapping[str, Any] | None) -> Object:
    """The context of a container."""
    kept = _confined(context or {})
    kept["allowPrivilegeEscalation"] = False
    capabilities = dict(kept.get("capabilities") or {})
    if added := capabilities.pop("add", None):
        capabilities["add"] = [name for name in added if name.upper().removeprefix("CAP_") in _CAPABILITIES]
    if capabilities:
        kept["capabilities"] = capabilities
    return kept


def restrained_pod(context: Mapping[str, Any] | None) -> Object:
    """The context of a pod; where nothing is said of system calls, the runtime's own rules hold."""
    kept = _confined(context or {})
    kept.setdefault("seccompProfile", {"type": "RuntimeDefault"})
    if sysctls := kept.pop("sysctls", None):
        kept["sysctls"] = [one for one in sysctls if one.get("name") in _SYSCTLS]
    return kept


def _confined(context: Mapping[str, Any]) -> Object:
    """Without powers, and without a profile that confines nothing."""
    kept = {name: value for name, value in context.items() if name not in _POWERS}
    for name in ("seccompProfile", "appArmorProfile"):
        if (kept.get(name) or {}).get("type") == "Unconfined":
            del kept[name]
    return kept
