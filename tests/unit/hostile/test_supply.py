"""What Setpoint is made of and by cannot be changed under it."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"])
def test_every_locked_package_has_a_hash(lock):
    """And one version; nothing comes from an address or from another file."""
    entries = re.sub(r"\\\n", " ", (ROOT / lock).read_text()).splitlines()
    packages = [entry for entry in entries if entry.strip() and not entry.startswith("#")]
    assert packages
    for entry in packages:
        assert re.fullmatch(r"[\w.\[\]-]+==\S+(?: ; [^#]+?)?(?:\s+--hash=sha256:[0-9a-f]{64})+\s*", entry), entry


def test_images_are_installed_by_hash():
    """Whatever pip fetches for an image is held against a lock."""
    installs = re.findall(r"pip install (.*)", (ROOT / "Dockerfile").read_text())
    fetching = [words for words in installs if "--no-deps" not in words]
    assert fetching and all("--require-hashes" in words for words in fetching)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_named_by_their_commit_and_may_only_read(file):
    """A tag can be moved; and what a stranger's change runs has nothing worth taking."""
    text = file.read_text()
    workflow = yaml.safe_load(text)
    assert "pull_request_target" not in text and "secrets." not in text
    assert workflow["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in workflow["jobs"].values())
    used = re.findall(r"uses:\s*(\S+)", text)
    assert used and all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action) for action in used)
