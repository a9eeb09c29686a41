"""The control groups that hold everything of the node, in version 1's hierarchies or version 2's one."""

from pathlib import Path

from testbed.places import CGROUP

_ROOT = Path("/sys/fs/cgroup")
_WANTED = "+cpuset +cpu +io +memory +pids"


def enter() -> None:
    """Makes the groups and moves this process, and so all that it starts, into them."""
    for hierarchy in _hierarchies():
        group = hierarchy / CGROUP
        system = group / "system"
        for folder in (group, system):
            folder.mkdir(exist_ok=True)
            _allow(folder)
        (system / "cgroup.procs").write_text("0")


def remove() -> None:
    """Removes the groups; their processes are gone by now."""
    for group in left():
        folders = [path for path in group.rglob("*") if path.is_dir()] if group.is_dir() else []
        for folder in sorted(folders, key=lambda path: -len(path.parts)):
            folder.rmdir()
        group.rmdir()


def left() -> list[Path]:
    """Those that are still there."""
    groups = [_ROOT / CGROUP, *(hierarchy / CGROUP for hierarchy in _ROOT.iterdir())]
    return [group for group in groups if group.is_dir()]


def _hierarchies() -> list[Path]:
    if (_ROOT / "cgroup.controllers").exists():
        return [_ROOT]
    return [path for path in _ROOT.iterdir() if (path / "cgroup.procs").exists() and path.name != "unified"]


def _allow(folder: Path) -> None:
    """Version 1 gives a fresh cpuset no processors; version 2 gives no controllers to groups within."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        if (folder.parent / "cgroup.controllers").exists() or not (folder / name).exists():
            continue
        (folder / name).write_text((folder.parent / name).read_text())
    control = folder.parent / "cgroup.subtree_control"
    if control.exists():
        control.write_text(_WANTED)
