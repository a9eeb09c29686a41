"""buildah without a daemon and without a registry: a Debian base of our own, and images of Dockerfiles on it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from testbed import cache
from testbed.places import CACHE, TestbedError, say

_STORE = CACHE / "buildah"
_CERTIFICATES = Path("/etc/ssl/certs")
_SUITE = "bookworm"
_PACKAGES = "python3,python3-venv,ca-certificates"
# How many versions of an image's archive stay: other checkouts have theirs.
_KEPT = 4
# What nothing reads in a container.
_SURPLUS = ("var/lib/apt/lists", "var/cache/apt", "var/log", "usr/share/doc", "usr/share/man", "usr/share/locale")


def buildah(*arguments: str) -> str:
    """Runs buildah on the testbed's own store; an error carries its last lines."""
    # overlay needs no copy of a layer for each step, as buildah's default does.
    stores = ["--root", str(_STORE / "root"), "--runroot", str(_STORE / "run"), "--storage-driver", "overlay"]
    done = subprocess.run(["buildah", *stores, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        # What it said itself comes last, the output of the step that failed before it.
        last = "\n".join([*done.stdout.splitlines()[-15:], *done.stderr.splitlines()[-15:]])
        raise TestbedError(f"buildah {' '.join(arguments)} failed:\n{last}")
    return done.stdout.strip()


def base() -> str:
    """The name of a Debian with Python, made when it is not there yet."""
    key = cache.key([_SUITE, _PACKAGES, *_SURPLUS])
    name = f"localhost/setpoint-base:{key}"
    if not buildah("images", "--filter", f"reference={name}", "--quiet"):
        say("images: making the Debian base (about two minutes, once)")
        _make_base(name)
    return name


def archive(image: str, inputs: Iterable[Path | str], context: Path, *options: str) -> Path:
    """The image of the context's Dockerfile as a file, built when these inputs are new."""
    with cache.only_one("images"):
        folder = CACHE / "archives" / image.replace("/", "_").replace(":", "_")
        path = folder / f"{cache.key([*inputs, *options, base()])}.tar"
        if not path.exists():
            say(f"{image}: building")
            buildah("rm", "--all")  # what a build that was killed left mounted
            _build(image, context, *options)
            _write(image, path)
        path.touch()
        return path


def _write(image: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.parent / "partial"
    partial.unlink(missing_ok=True)
    buildah("push", image, f"docker-archive:{partial}:{image}")
    partial.rename(path)
    for old in sorted(path.parent.glob("*.tar"), key=lambda file: file.stat().st_mtime)[:-_KEPT]:
        old.unlink()


def _build(image: str, context: Path, *options: str) -> None:
    settings = CACHE / "pip.conf"
    settings.write_text(_pip_settings())
    # As volumes, so that the machine's own settings are there to build with and not in the image.
    volumes = ["--volume", f"{settings}:/etc/pip.conf:ro", "--volume", f"{_CERTIFICATES}:{_CERTIFICATES}:ro"]
    arguments = ["--isolation", "chroot", "--layers", "--build-arg", f"BASE={base()}", *volumes, *options]
    buildah("bud", *arguments, "--tag", image, str(context))


def _make_base(name: str) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=".base-") as folder:
        root = Path(folder) / "root"
        command = ["nice", "debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _SUITE, str(root)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise TestbedError("debootstrap failed:\n" + "\n".join(done.stdout.splitlines()[-10:]))
        for surplus in _SURPLUS:
            shutil.rmtree(root / surplus)
            (root / surplus).mkdir()
        (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
        container = buildah("from", "scratch")
        try:
            buildah("copy", container, str(root), "/")
            buildah("config", "--env", "PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin", container)
            buildah("commit", container, name)
        finally:
            buildah("rm", container)


def _pip_settings() -> str:
    """pip's settings of this machine that hold within a build too."""
    lines = [f"cert = {_CERTIFICATES / 'ca-certificates.crt'}"]
    for setting in ("index-url", "extra-index-url", "trusted-host"):
        found = os.environ.get(f"PIP_{setting.upper().replace('-', '_')}") or _pip_setting(setting)
        lines += [f"{setting} = {found}"] if found else []
    return "[global]\n" + "\n".join(lines) + "\n"


def _pip_setting(name: str) -> str:
    done = subprocess.run(["pip3", "config", "get", f"global.{name}"], capture_output=True, text=True)
    return done.stdout.strip()
