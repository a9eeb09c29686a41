"""What a scripted model says, turn by turn, and how a script is read."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from setpoint.api.base import Model, NotNegative
from setpoint.api.errors import InputError
from setpoint.api.text_files import name_of, read_text
from setpoint.api.validating import Place, validate
from setpoint.api.yaml_tree import read_tree

LARGEST_SCRIPT = 10 * 1024 * 1024


class ToolCall(Model):
    """A tool that the model calls. `json` in place of `input`: the arguments as text, whatever it is."""

    name: str
    input: dict[str, Any] = Field(default_factory=dict)
    text: str | None = Field(default=None, alias="json")
    id: str | None = None


class TokenCounts(Model):
    """Tokens that a turn is said to have used."""

    input: int = 1000
    output: int = 100
    cache_read: int = 0
    cache_write: int = 0


class Failure(Model):
    """An error in place of an answer (`status`), or in the middle of one (`after_events`)."""

    status: int = 500
    type: str = "api_error"
    message: str = "scripted"
    headers: dict[str, str] = Field(default_factory=dict)
    after_events: int | None = None


class Cut(Model):
    """The answer breaks off after so many events: the connection is dropped, or the body ends as if all were well."""

    after_events: int = 3
    how: Literal["drop", "end"] = "drop"


class Turn(Model):
    """One answer. `stop` is tool_use where tools are called, else end_turn. `times`: this turn, so often."""

    thinking: str = ""
    text: str = ""
    tools: tuple[ToolCall, ...] = ()
    stop: str | None = None
    details: dict[str, str] | None = Field(default=None, description="stop_details of a refusal")
    usage: TokenCounts = TokenCounts()
    delay: NotNegative = Field(default=0.0, description="seconds before each event")
    error: Failure | None = None
    cut: Cut | None = None
    times: int = Field(default=1, ge=1, le=100_000)

    @property
    def stop_reason(self) -> str:
        """Why the answer ends."""
        return self.stop or ("tool_use" if self.tools else "end_turn")


class Script(Model):
    """All turns in order. `key`: the only key that is let in; none: any."""

    turns: tuple[Turn, ...]
    key: str | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.turns:
            raise ValueError("a script needs at least one turn; write turns: [{text: hello}]")
        return self

    def turn(self, number: int) -> Turn | None:
        """The turn of that number, from 0; None after the last."""
        for turn in self.turns:
            if number < turn.times:
                return turn
            number -= turn.times
        return None


def load_script(path: Path) -> Script:
    """The script (YAML or JSON) at `path`. Raises InputError."""
    name = name_of(path)
    root = read_tree(read_text(path, LARGEST_SCRIPT), name)
    if not isinstance(root.value, dict):
        raise InputError("does not hold fields", where=f"{name}:{root.line}", instead="begin with turns:")
    return validate(Script, root.plain(), Place(name, root))
