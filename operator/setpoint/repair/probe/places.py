"""Which code is the service's own, and where in it a stack or an allocation comes from."""

from __future__ import annotations

import os
import os.path as paths
from types import FrameType
from typing import Any

Place = tuple[str, int]  # (absolute file, line)
DEEPEST = 200
HERE = paths.dirname(paths.abspath(__file__))  # the probe itself
_FOREIGN = {"site-packages", "dist-packages", ".venv", "venv", ".tox", "node_modules"}


class Places:
    """Tells own code (under the service's tree, not an installed library) from all other code."""

    def __init__(self, tree: str) -> None:
        self._top = paths.realpath(tree) + os.sep
        self._known: dict[str, str] = {}  # file name as code objects give it → absolute path, empty: not own

    def own(self, filename: str) -> str:
        """The absolute path of `filename` when it is the service's own; otherwise empty."""
        known = self._known.get(filename)
        if known is None:
            known = self._known[filename] = self._look(filename)
        return known

    def _look(self, filename: str) -> str:
        if filename.startswith("<"):
            return ""
        absolute = paths.realpath(filename)
        inside = absolute[len(self._top) :].split(os.sep)
        return absolute if absolute.startswith(self._top) and not _FOREIGN.intersection(inside) else ""

    def innermost(self, frame: FrameType | None) -> Place | None:
        """The own place that `frame` is in, or was called from."""
        for _ in range(DEEPEST):
            if frame is None:
                return None
            own = self.own(frame.f_code.co_filename)
            if own:
                return own, frame.f_lineno or frame.f_code.co_firstlineno
            frame = frame.f_back
        return None

    def own_modules(self, modules: dict[str, Any]) -> dict[str, tuple[Any, str]]:
        """The service's own modules among `modules`: name → (module, file)."""
        found = {}
        for name, module in list(modules.items()):
            try:
                own = self.own(getattr(module, "__file__", None) or "<none>")
            except Exception:  # noqa: S112 (lazy modules may do anything when asked for an attribute)
                continue
            if own:
                found[name] = (module, own)
        return found
