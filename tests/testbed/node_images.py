"""The images that every node needs: the pause container, DNS, Prometheus, and a shell for tests."""

from pathlib import Path

from testbed import archives, binaries, cache
from testbed.runtime import PAUSE_IMAGE

COREDNS_IMAGE = "setpoint.dev/testbed/coredns:1"
PROMETHEUS_IMAGE = "setpoint.dev/testbed/prometheus:1"
SHELL_IMAGE = "setpoint.dev/testbed/shell:1"
_APPLETS = ("sh", "cat", "env", "head", "id", "ls", "nc", "nslookup", "sleep", "wget")


def build() -> list[Path]:
    """The archives of all that a bare node needs."""
    pause = binaries.go_program("pause") / "pause"
    coredns = binaries.go_program("coredns") / "coredns"
    return [
        _archive(PAUSE_IMAGE, {"/pause": pause}, ["/pause"]),
        _archive(COREDNS_IMAGE, {"/coredns": coredns}, ["/coredns"]),
        *for_tests(),
    ]


def for_tests() -> list[Path]:
    """Those among them that no Kubernetes brings by itself."""
    shell = {f"/bin/{name}": Path("/bin/busybox") for name in ("busybox", *_APPLETS)}
    return [
        _archive(PROMETHEUS_IMAGE, {"/prometheus": binaries.prometheus()}, ["/prometheus"]),
        _archive(SHELL_IMAGE, shell, []),
    ]


def _archive(image: str, files: dict[str, Path], command: list[str]) -> Path:
    name = image.rpartition("/")[2].replace(":", "-")
    inputs = [Path(__file__), Path(archives.__file__), *files.values()]
    made = cache.made(
        f"image-{name}", inputs, lambda folder: archives.write(folder / "image.tar", image, files, command)
    )
    return made / "image.tar"
