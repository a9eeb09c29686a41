"""The real helm, built from its Go module."""

from pathlib import Path

from testbed import binaries

_MODULE = "helm.sh/helm/v4"


def program() -> Path:
    """The helm program, built on its first use."""
    version = binaries.required_version("helm", _MODULE)
    flags = f"-X {_MODULE}/internal/version.version={version}"
    return binaries.go_program("helm", flags, package=f"{_MODULE}/cmd/helm") / "helm"


if __name__ == "__main__":
    print(program())
