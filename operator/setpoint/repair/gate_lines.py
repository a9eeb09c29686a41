"""What an added line must not hold: secrets, hidden text, eyes for the load generator and the tests."""

import re
import unicodedata
from functools import lru_cache

LONGEST_LINE = 1000
_SECRETS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "an AWS key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})",
    "a GitLab token": r"\bgl(?:pat|dt|rt)-[A-Za-z0-9_-]{20,}",
    "a Slack token": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    "a Google key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "a model key": r"\bsk-(?:ant-)?[A-Za-z0-9_-]{20,}",
    "a payment key": r"\b[sr]k_live_[A-Za-z0-9]{16,}",
    "a package registry token": r"\b(?:npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{20,})",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.",
    "a password in an address": r"\w://[^\s/:@'\"{}$<]+:[^\s/:@'\"{}$<]+@",
    "a secret": r"(?i)(?:passw(?:or)?d|secret|token|api_?key)\w*[\"']?\s*[:=]+\s*[\"'][^\s\"'{}$<]{12,}[\"']",
}
_PATTERNS = {kind: re.compile(pattern) for kind, pattern in _SECRETS.items()}
_PADDING = re.compile(r"\S[ \t]{80,}\S")
_LOAD_GENERATOR = re.compile(r"(?i:\bk6\b|\bgrafana\b|\bsetpoint\b)|SETPOINT_")
_TEST_RUNNER = re.compile(r"\b(?:unittest|pytest)\b|PYTEST_")
# Whole processes: restarted to hide what they keep, ended before their tests have, stopped beside the unchanged copy.
_PROCESSES = re.compile(
    r"\bos\.(?:_exit|abort|exec[lv]p?e?|fork(?:pty)?|kill(?:pg)?|posix_spawnp?)\b|\bmemfd_create\b|\bsyscall\.Exec\b"
    r"|\bprocess\.(?:exit|kill|abort)\b|\bos\.Exit\b|\bSystem\.exit\b|\.halt\(|\bSIG(?:STOP|KILL)\b"
)


def line_fault(line: str, *, base: str) -> str | None:
    """Why `line` (without its line feed) must not be added to a file whose text was `base`; None when it may."""
    if line.strip(" \t") in _whole_lines(base):
        return None  # it was there before: moved, or given another indent
    # A carriage return is the line end of a file that has them already, and a hidden line break anywhere else.
    if any(map(_is_control, line.removesuffix("\r") if "\r\n" in base else line)):
        return "holds characters that hide text or break lines"
    if len(line) > LONGEST_LINE or _PADDING.search(line):
        return f"is longer than {LONGEST_LINE} characters or hides its end behind white space"
    if _LOAD_GENERATOR.search(line):
        return "names the load generator or the controller, which the service must not know"
    if _PROCESSES.search(line):
        return "ends, replaces or steers whole processes, which no repair of performance needs"
    if _TEST_RUNNER.search(line):
        return "names a test runner, which the service must not know"
    return next((f"seems to hold {kind}" for kind, pattern in _PATTERNS.items() if pattern.search(line)), None)


@lru_cache(maxsize=1)
def _whole_lines(base: str) -> frozenset[str]:
    """The lines of `base`. A part of one is another line: what a comment or a text says is not run."""
    return frozenset(line.strip(" \t") for line in base.split("\n"))


def _is_control(character: str) -> bool:
    """Whether `character` steers a display or a parser instead of being seen: controls, format marks, line ends."""
    return character != "\t" and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
