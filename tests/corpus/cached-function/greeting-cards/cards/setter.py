"""Sets cards."""

from functools import cache

from cards.style import Style

VERSES = ["Many happy returns, {name}!", "{name}, may the year be kind to you.", "All the best from all of us, {name}."]


class Setter:
    """One for each shop."""

    def __init__(self, style: Style) -> None:
        self.style = style

    @cache
    def verses(self, name: str) -> list[str]:
        """All verses for a name, framed in the shop's style; setting them takes a while."""
        lines = []
        for repeat in range(1, 61):
            verse = VERSES[repeat % len(VERSES)].format(name=name)
            lines.append(f"{self.style.border} {repeat:02d} {verse.center(self.style.width)} {self.style.border}")
        return lines

    def card(self, name: str) -> str:
        return "\n".join(self.verses(name)[: len(name) % 5 + 3])
