"""Which files a repair may touch: those that the source names, and never the ones that judge or ship it."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

# Names are compared without regard to case: some file systems do not see it either.
_FOLDERS = {
    "a test": "test tests __tests__ spec specs testdata e2e __snapshots__",
    "a manifest": "charts helm manifests k8s kubernetes kustomize terraform ansible deploy deployment deployments",
    "build configuration": "requirements gradle",
}
_FILES = {
    "a test, or says how tests are run": """
        test.py tests.py test_*.py test[0-9]*.py *_test.py conftest.py pytest.ini tox.ini noxfile.py *_test.go
        *.test.[jt]s *.test.[jt]sx *.test.[cm][jt]s *.spec.[jt]s *.spec.[jt]sx *.spec.[cm][jt]s *.snap
        *test.java *tests.java *test.kt *_spec.rb *_test.rb
        jest.config.* vitest.config.* karma.conf.* playwright.config.* cypress.config.*""",
    "CI configuration": """
        jenkinsfile* azure-pipelines* bitbucket-pipelines* appveyor.y*ml buildspec*.y*ml cloudbuild*.y*ml
        codecov.y*ml sonar-project.properties codeowners owners""",
    "a lock file": "*.lock *-lock.json *-lock.y*ml *.lockfile *.lockb npm-shrinkwrap.json go.sum go.work.sum",
    "a list of dependencies": """
        requirements*.txt requirements*.in constraints*.txt pyproject.toml setup.py setup.cfg pipfile
        environment*.y*ml package.json pnpm-workspace.yaml go.mod go.work cargo.toml pom.xml gemfile *.gemspec
        composer.json *.csproj *.sln directory.*.props mix.exs""",
    "build configuration": """
        makefile makefile[.-]* gnumakefile *.mk dockerfile dockerfile[.-]* *.dockerfile containerfile containerfile[.-]*
        docker-compose* compose*.y*ml docker-bake*
        justfile taskfile.y*ml rakefile build.gradle* settings.gradle* gradle.properties gradlew* cmakelists.txt *.cmake
        meson.build build build.bazel workspace workspace.bazel module.bazel *.bzl build.rs build.sbt procfile
        vagrantfile tiltfile skaffold*.y*ml *entrypoint*.sh""",
    "a manifest": "chart.y*ml values*.y*ml kustomization.y*ml *.tf *.tfvars *.hcl",
    "part of the setpoints or of monitoring": """
        performance-constraints* *constraints.y*ml setpoint*.y*ml prometheus*.y*ml alertmanager*.y*ml *.rules.y*ml
        otel*.y*ml collector*.y*ml""",
    "settings or instructions of an agent": "claude*.md agents*.md gemini*.md copilot*.md mcp.json llms*.txt",
    "a key or a certificate": """
        *.pem *.key *.p12 *.pfx *.jks *.keystore *.crt *.cer *.asc id_rsa* id_ed25519* id_ecdsa* *.kubeconfig
        kubeconfig*""",
    "a licence": "license licence notice license.[mt]* licence.[mt]* notice.[mt]* copying*",
}
# Modules, or packages, that would be loaded in place of the real ones, or without being asked for.
_SHADOWS = "sitecustomize usercustomize conftest unittest pytest _pytest hypothesis prometheus_client opentelemetry"
_SHORT_NAME = re.compile(r"~\d")  # GIT~1 is .git on some file systems


def path_fault(path: str, *, allowed: Iterable[str], protected: Iterable[str]) -> str | None:
    """Why `path` must not be touched, as the end of a sentence about it; None when it may be."""
    if fault := _spelling(path):
        return fault
    parts = PurePosixPath(path).parts
    folded = _folded(path)
    if any(folded == _folded(other) for other in protected):
        return "belongs to the setpoints, which a repair must not change"
    if kind := _protected(folded):
        return f"is {kind}, which a repair must not touch"
    if not any(_inside(parts, other) for other in allowed):
        return "is not among the source paths that a repair may change"
    return None


def _spelling(path: str) -> str | None:
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "is not a plain path inside the repository"
    odd = any(
        part.startswith(("-", " ")) or part.endswith((".", "~", " ")) or _SHORT_NAME.search(part) for part in parts
    )
    if odd or ":" in path or len(path) > 1024 or any(len(part) > 255 for part in parts):
        return "has a name that some file systems or tools take for another"
    return None


def _protected(parts: tuple[str, ...]) -> str | None:
    """What kind of protected file it is, if it is one; `parts` are folded."""
    *folders, name = parts
    # Every name with a dot in front is configuration: of git, CI, editors, agents, linters, the shell.
    if any(part.startswith(".") for part in parts):
        return "configuration"
    if name.endswith(".pth") or any(part.partition(".")[0] in _SHADOWS.split() for part in parts):
        return "loaded in place of the test tools or without being asked for"
    in_folder = (kind for kind, names in _FOLDERS.items() if not set(folders).isdisjoint(names.split()))
    by_name = (kind for kind, names in _FILES.items() if any(fnmatchcase(name, each) for each in names.split()))
    return next(in_folder, None) or next(by_name, None)


def _folded(path: str) -> tuple[str, ...]:
    return tuple(part.casefold() for part in PurePosixPath(path).parts)


def _inside(parts: tuple[str, ...], allowed: str) -> bool:
    """Whether the path is `allowed` or lies under it; exact in case: what is allowed is what was written."""
    prefix = PurePosixPath(allowed).parts
    return parts[: len(prefix)] == prefix
