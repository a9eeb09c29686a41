"""The operator's configuration as it is in the cluster, followed while we run.

One that cannot be read is refused as a whole, loudly, and the last good one stays in force: a typing error must
neither lift a ceiling nor take the kill switch off.
"""

import logging
import threading
from collections.abc import Callable

from setpoint.api.configuration import CONFIG_KEY, CONFIG_MAP, Configuration
from setpoint.api.errors import InputError
from setpoint.api.validating import Place, validate
from setpoint.api.yaml_tree import read_tree
from setpoint.kube.cluster import Cluster, Object, path_of
from setpoint.kube.refusals import ClusterFailed, Forbidden

WATCH_SECONDS = 600.0
PAUSE_SECONDS = 2.0
_log = logging.getLogger("setpoint.configuration")


class Settings:
    """Holds the configuration in force; `changed` is called after each change."""

    def __init__(self, cluster: Cluster, namespace: str, changed: Callable[[], None]) -> None:
        self._cluster, self._namespace, self._changed = cluster, namespace, changed
        self._now = Configuration()
        self._text: str | None = None
        self._version = ""
        self._stopping = threading.Event()

    def current(self) -> Configuration:
        """The configuration in force."""
        return self._now

    def read(self) -> None:
        """Read it once, before anything else. Raises ClusterFailed; InputError for one that cannot be read."""
        self._take(self._find(), strict=True)

    def follow(self) -> None:
        """Watch it until `stop`; to be run in a thread of its own."""
        while not self._stopping.is_set():
            wait = PAUSE_SECONDS
            try:
                self._watch_once()
            except ClusterFailed as error:
                self._version = ""
                wait *= 15 if isinstance(error, Forbidden) else 1
                _log.warning("the configuration cannot be watched: %s", error)
            self._stopping.wait(wait)  # however a watch ends, the next one is not begun in the same moment

    def stop(self) -> None:
        """End `follow` at its next event."""
        self._stopping.set()

    def _watch_once(self) -> None:
        """One stream, from where the last one ended; from a new list where that is not known, or too long ago."""
        path, only = path_of("v1", "configmaps", self._namespace), f"metadata.name={CONFIG_MAP}"
        if not self._version:
            found, self._version = self._cluster.listing(path, fields=only)
            self._take(found[0] if found else None)
        for event in self._cluster.watch(path, fields=only, version=self._version, seconds=WATCH_SECONDS):
            if self._stopping.is_set():
                return
            if event["type"] == "ERROR":
                self._version = ""
                return
            self._version = event["object"]["metadata"]["resourceVersion"]
            if event["type"] in ("ADDED", "MODIFIED"):
                self._take(event["object"])

    def _find(self) -> Object | None:
        return self._cluster.find(path_of("v1", "configmaps", self._namespace, CONFIG_MAP))

    def _take(self, found: Object | None, strict: bool = False) -> None:
        """Put a configuration into force. One that was deleted stays: nobody meant to lift its ceilings by that."""
        if found is None:
            return
        text = (found.get("data") or {}).get(CONFIG_KEY) or ""
        if text == self._text:
            return
        self._text = text
        try:
            self._now = configuration_in(text, f"ConfigMap {self._namespace}/{CONFIG_MAP}, {CONFIG_KEY}")
        except InputError as error:
            if strict:
                raise
            _log.error("the configuration is refused, the one before stays in force: %s", error)
            return
        _log.info("the configuration is in force%s", ": all loads are suspended" if self._now.suspended else "")
        self._changed()


def configuration_in(text: str, where: str) -> Configuration:
    """The configuration in YAML `text`; all defaults where it is empty. Raises InputError, naming `where`."""
    if not text.strip():
        return Configuration()
    root = read_tree(text, where)
    return validate(Configuration, root.plain(), Place(where, root))
