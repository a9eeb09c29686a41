"""Values that only an agent was given (its keys), kept out of what is shown of its work.

It guards against what an agent prints unawares. One that wants to give a value away can spell it otherwise.
"""

from collections.abc import Mapping

from setpoint.repair.quoting import clean

SHORTEST = 8  # a shorter value is no secret, and stands in many a word
# Characters from the end, far more than is shown; a value that begins before them is not shown either.
LONGEST = 200_000


def masked(said: str, given: Mapping[str, str]) -> str:
    """The end of what was said, with `(value of NAME)` in place of each value; unseen signs may not part one."""
    text = clean(said[-LONGEST:], LONGEST)
    for name, value in _longest_first(given):
        text = text.replace(value, f"(value of {name})")
    return text


def given_away(patch: str, given: Mapping[str, str]) -> list[str]:
    """The names whose values stand in a line that the patch adds."""
    added = [line for line in patch.splitlines() if line.startswith("+")]
    return sorted(name for name, value in _longest_first(given) if any(value in line for line in added))


def _longest_first(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """One value may hold another."""
    values = [(name, clean(value, LONGEST).strip()) for name, value in given.items()]
    return sorted((one for one in values if len(one[1]) >= SHORTEST), key=lambda one: -len(one[1]))
