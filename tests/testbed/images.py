"""The project's own images, from its Dockerfiles."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from testbed import builder, cluster
from testbed.places import TOP, say

_DEMO = TOP / "manifests" / "demo"


_INPUTS = ("Dockerfile", ".dockerignore", "operator", "pyproject.toml", "README.md", "LICENSE")
_LOCKS = ("requirements.lock", "requirements-build.lock")


@dataclass(frozen=True)
class Wanted:
    """An image to build: its name, its Dockerfile's folder, and what its content depends on."""

    name: str
    context: Path
    inputs: tuple[Path, ...]
    options: tuple[str, ...] = ()


def wanted(scratch: Path) -> list[Wanted]:
    """All of the project's images; the demo's sources are laid out in the scratch folder."""
    inputs = tuple(TOP / file for file in (*_INPUTS, *_LOCKS))
    targets = [Wanted(f"setpoint.dev/{name}:dev", TOP, inputs, ("--target", name)) for name in ("operator", "runner")]
    return [*targets, _demo(scratch, "leaky"), _demo(scratch, "healthy")]


def build_and_load() -> None:
    """Builds all of them (seconds when only code has changed) and gives them to the cluster, when there is one."""
    with tempfile.TemporaryDirectory() as scratch:
        archives = [_built(image) for image in wanted(Path(scratch))]
    if cluster.answering():
        cluster.load_images(archives)
        say("images: loaded into the cluster")


def _built(image: Wanted) -> Path:
    archive = builder.archive(image.name, image.inputs, image.context, *image.options)
    say(f"{image.name}: {archive.stat().st_size / 1e6:.0f} MB")
    return archive


def _demo(scratch: Path, variant: str) -> Wanted:
    context = scratch / variant
    context.mkdir()
    for file in (_DEMO / "Dockerfile", *_DEMO.glob("*.py")):
        shutil.copy(file, context)
    if variant == "healthy":
        subprocess.run(["git", "apply", str(_DEMO / "healthy.patch")], cwd=context, check=True)
    return Wanted(f"setpoint.dev/demo:{variant}", context, tuple(sorted(context.iterdir())))
