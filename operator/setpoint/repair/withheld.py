"""Files of a repository that no model is given: what would give it orders, and what it could give away."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

# Compared without regard to case. A coding agent reads these by itself and does what they say, hooks included.
_SETTINGS = """
    .git .claude .claude.* claude.md claude.*.md agents.md agents.*.md .agents agent.md gemini.md .gemini .codex
    .mcp.json mcp.json .cursor .cursorrules .cursorignore .windsurf .windsurfrules .clinerules .roo .roorules .roomodes
    .aider* .continue .kiro .amazonq .junie .opencode opencode.json* .goosehints .trae .augment* copilot*.md
    skill.md llms*.txt .vscode .idea .devcontainer"""
_SECRETS = """
    .env .env.* .envrc .netrc .npmrc .pypirc .git-credentials .aws .ssh .docker .kube *.pem *.key *.p12 *.pfx *.jks
    *.keystore *.kubeconfig id_rsa* id_ed25519* id_ecdsa* *.tfstate"""


def is_settings(name: str) -> bool:
    """Whether a file or folder of that name holds settings of git, of editors or of coding agents."""
    return any(fnmatchcase(name.casefold(), pattern) for pattern in _SETTINGS.split())


def is_secret(name: str) -> bool:
    """Whether a file or folder of that name is likely to hold keys."""
    return any(fnmatchcase(name.casefold(), pattern) for pattern in _SECRETS.split())


@contextmanager
def without_settings(top: Path, aside: Path) -> Iterator[None]:
    """While in the context, `top` has no such settings; afterwards those of before, and no others.

    They are kept in the new folder `aside`. So nothing in the repository steers a coding agent that is started there,
    and nothing that it writes for the next one gets into a patch.
    """
    aside.mkdir(parents=True)
    moved: list[tuple[Path, Path]] = []
    for number, path in enumerate(_settings_in(top)):
        moved.append((aside / str(number), path))
        path.rename(aside / str(number))
    try:
        yield
    finally:
        for path in _settings_in(top):
            _remove(path)
        for kept, path in moved:
            _folder(top, path.parent)
            kept.rename(path)


def _folder(top: Path, folder: Path) -> None:
    """Make `folder` below `top`. What was put in a folder's place (a link that leads elsewhere, a file) goes."""
    at = top
    for part in folder.relative_to(top).parts:
        at /= part
        if at.is_symlink() or (at.exists() and not at.is_dir()):
            at.unlink()
        at.mkdir(exist_ok=True)


def _settings_in(top: Path) -> list[Path]:
    """The outermost ones; links are not followed."""
    found: list[Path] = []
    folders = [top]
    while folders:
        for path in folders.pop().iterdir():
            if is_settings(path.name):
                found.append(path)
            elif path.is_dir() and not path.is_symlink():
                folders.append(path)
    return found


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
