"""The project's own images, from its Dockerfiles."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from testbed import builder, cache, cluster
from testbed.places import TOP, say

_DEMO = TOP / "manifests" / "demo"


_DOCKERFILE_INPUTS = ("Dockerfile", ".dockerignore", "operator", "pyproject.toml", "README.md", "LICENSE")
_LOCKS = ("requirements.lock", "requirements-build.lock")


def build() -> list[Path]:
    """Builds all of them (seconds when only code has changed) and gives their archives."""
    with cache.only_one("images"):
        return [
            _built(_target("operator")),
            _built(_target("runner")),
            _built(_demo("leaky")),
            _built(_demo("healthy")),
        ]


def build_and_load() -> None:
    """Builds all of them and gives them to the cluster, when there is one."""
    archives = build()
    if cluster.answering():
        cluster.load_images(archives)
        say("images: loaded into the cluster")


def _target(name: str) -> Path:
    inputs = [TOP / file for file in (*_DOCKERFILE_INPUTS, *_LOCKS)]
    return builder.archive(f"setpoint.dev/{name}:dev", inputs, TOP, "--target", name)


def _demo(variant: str) -> Path:
    with tempfile.TemporaryDirectory() as scratch:
        context = Path(scratch) / "demo"
        shutil.copytree(_DEMO, context, ignore=shutil.ignore_patterns("__pycache__", "test_*"))
        if variant == "healthy":
            subprocess.run(["git", "apply", str(_DEMO / "healthy.patch")], cwd=context, check=True)
        inputs = [context / "Dockerfile", *sorted(context.glob("*.py"))]
        return builder.archive(f"setpoint.dev/demo:{variant}", inputs, context)


def _built(archive: Path) -> Path:
    say(f"{archive.parent.name}: {archive.stat().st_size / 1e6:.0f} MB")
    return archive
