"""Which files a repair may touch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.repair.gate_paths import path_fault

PROTECTED = [
    "tests/test_app.py", "src/test/helper.py", "src/__tests__/a.js", "src/spec/a.rb", "src/app_test.go",
    "src/test_app.py", "src/conftest.py", "src/a.test.ts", "src/a.spec.tsx", "src/a.test.mjs", "src/AppTest.java",
    "pytest.ini", "tox.ini", "src/jest.config.js", "src/snap/x.snap",
    ".github/workflows/ci.yml", ".gitlab-ci.yml", ".gitea/x.yml", "src/.circleci/config.yml", "Jenkinsfile",
    "azure-pipelines.yml", "CODEOWNERS", "docs/OWNERS",
    ".git/hooks/pre-commit", ".gitattributes", ".gitmodules", "src/.gitignore", ".pre-commit-config.yaml",
    ".claude/settings.json", ".mcp.json", "CLAUDE.md", "src/AGENTS.md", ".cursorrules", ".vscode/tasks.json",
    ".env", "src/.pylintrc", "uv.lock", "poetry.lock", "package-lock.json", "src/yarn.lock", "pnpm-lock.yaml",
    "go.sum", "Cargo.lock", "requirements.txt", "requirements/base.txt", "requirements-dev.txt", "pyproject.toml",
    "setup.py", "package.json", "go.mod", "pom.xml", "Gemfile", "Makefile", "src/Makefile.inc", "Dockerfile",
    "Dockerfile.dev", "docker-compose.yml", "compose.yaml", "build.gradle.kts", "CMakeLists.txt", "BUILD", "build.rs",
    "Procfile", "docker-entrypoint.sh", "charts/app/values.yaml", "manifests/app.yaml", "k8s/deployment.yaml",
    "src/kustomization.yaml", "infra/main.tf", "performance-constraints.yaml", "perf/my-constraints.yml",
    "prometheus.yml", "otel-collector.yaml", "src/server.pem", "src/id_rsa", "src/tls.key", "LICENSE", "NOTICE.txt",
    "src/sitecustomize.py", "src/evil.pth", "unittest.py", "src/pytest/__init__.py", "src/prometheus_client/core.py",
]  # fmt: skip
SOURCES = [
    "app.py", "src/app.py", "src/events/processor.py", "src/testing.py", "src/latest.py", "src/contest.py",
    "src/specification.py", "src/api/spec.py", "src/makefiles.py", "src/workspace.py", "src/license.py",
    "src/coverage.py", "src/[id].tsx", "src/distributed-lock.go", "src/blocking.py", "src/config.yaml", "cmd/main.go",
    "src/Metrics.java", "src/requirements.py", "src/deploy.py", "src/build.py",
]  # fmt: skip
EVERYTHING = ["."]


@pytest.mark.parametrize("path", SOURCES)
def test_source_may_be_changed(path: str) -> None:
    """Names that only look like protected ones included."""
    assert path_fault(path, allowed=EVERYTHING, protected=()) is None


@pytest.mark.parametrize("path", PROTECTED)
def test_what_judges_or_ships_the_service_is_never_touched(path: str) -> None:
    """Not even when the source names it."""
    assert path_fault(path, allowed=[*EVERYTHING, path], protected=())


@given(path=st.sampled_from(PROTECTED), data=st.data())
def test_other_case_does_not_help(path: str, data: st.DataObject) -> None:
    """Some file systems take README and readme for one file."""
    flips = data.draw(st.lists(st.booleans(), min_size=len(path), max_size=len(path)))
    other = "".join(c.swapcase() if flip else c for c, flip in zip(path, flips, strict=True))
    assert path_fault(other, allowed=EVERYTHING, protected=())


@given(path=st.sampled_from(PROTECTED), folders=st.lists(st.sampled_from(["src", "a", "lib.d"]), max_size=3))
def test_a_deeper_folder_does_not_help(path: str, folders: list[str]) -> None:
    """What is protected is protected everywhere."""
    assert path_fault("/".join([*folders, path]), allowed=EVERYTHING, protected=())


@pytest.mark.parametrize(
    "path",
    [
        "../app.py", "src/../../app.py", "src/../app.py", "/etc/passwd", "src//app.py", "./app.py", "src/./app.py",
        "src/", "", "..", "src/..", "GIT~1/config", "src/git~1", "src/app.py.", "src./app.py", "src/app.py~",
        "app.py::$DATA", "src/ app.py", "src /app.py", "C:app.py", "-rf", "src/--output=x", "src/" + "a" * 256,
        "a/" * 600 + "app.py",
    ],
)  # fmt: skip
def test_a_path_that_could_mean_another_is_refused(path: str) -> None:
    """Traversal, absolute paths, short names, streams, options."""
    assert path_fault(path, allowed=EVERYTHING, protected=())


@pytest.mark.parametrize(
    ("allowed", "path", "may"),
    [
        ("src/", "src/app.py", True),
        ("src", "src/deep/app.py", True),
        ("./src/", "src/app.py", True),
        ("src/app.py", "src/app.py", True),
        ("src/app.py", "src/app.pyc", False),
        ("src/", "srcs/app.py", False),
        ("src/", "lib/src/app.py", False),
        ("src/", "Src/app.py", False),
        ("src/app.py", "src", False),
        ("app.py", "app.py/x", True),
    ],
)
def test_only_what_the_source_names_may_be_changed(allowed: str, path: str, may: bool) -> None:
    """A file itself, or all under a folder."""
    assert (path_fault(path, allowed=[allowed], protected=()) is None) is may


def test_without_source_paths_nothing_may_be_changed() -> None:
    """Empty is nothing, not everything."""
    assert path_fault("app.py", allowed=[], protected=()) == "is not among the source paths that a repair may change"


@pytest.mark.parametrize("path", ["src/limits.json", "SRC/Limits.json"])
def test_the_files_of_the_setpoints_are_never_changed(path: str) -> None:
    """Whatever they are called and wherever they lie."""
    fault = path_fault(path, allowed=EVERYTHING, protected=["./src/limits.json"])
    assert fault == "belongs to the setpoints, which a repair must not change"
