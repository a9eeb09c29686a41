"""The tools that the model may call. Whatever goes wrong with a call is told to the model, and never ends the loop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from setpoint.api.errors import SetpointError
from setpoint.repair.agent.workspace import MOST_LINES, ToolError
from setpoint.repair.quoting import clean

LONGEST_RESULT = 30_000  # characters
Text = Annotated[str, Field(max_length=200_000)]


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Nothing(_Arguments):
    """No arguments."""


class Folder(_Arguments):
    """A folder."""

    path: Text = Field(default=".", description="folder, from the repository's top")


class Lines(_Arguments):
    """Lines of a file."""

    path: Text = Field(description="file, from the repository's top")
    first: int = Field(default=1, ge=1, description="first line")
    count: int = Field(default=MOST_LINES, ge=1, description="how many lines")


class Search(_Arguments):
    """A literal text, and where to look for it."""

    text: Text = Field(min_length=1, description="literal text within a line; no pattern")
    path: Text = Field(default=".", description="file or folder, from the repository's top")


class Replacement(_Arguments):
    """A text that stands in a file once, and what takes its place."""

    path: Text = Field(description="file, from the repository's top")
    old: Text = Field(description="what stands there exactly once, without line numbers; empty: make a new file")
    new: Text = Field(description="what takes its place")


class Finish(_Arguments):
    """The model's own account of its change."""

    title: Text = Field(min_length=1, description="the change in one line of at most 70 characters, imperative")
    cause: Text = Field(min_length=1, description="the root cause, with file and line")
    explanation: Text = Field(min_length=1, description="what the change does, and what it might break")


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as the model sees it, and what is behind it."""

    name: str
    description: str
    arguments: type[_Arguments]
    run: Callable[[Any], str]

    def definition(self) -> dict[str, Any]:
        """As the Messages API wants it."""
        return {
            "name": self.name,
            "description": self.description,
            "input_schema": self.arguments.model_json_schema(),
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the model is told of a call."""

    text: str
    failed: bool = False


class Toolbox:
    """The tools of one attempt."""

    def __init__(self, tools: tuple[Tool, ...]) -> None:
        self._tools = {tool.name: tool for tool in tools}

    def definitions(self) -> list[dict[str, Any]]:
        """All tools, always in the same order, so that the prompt's cache holds."""
        return [tool.definition() for tool in self._tools.values()]

    def call(self, name: str, arguments: Mapping[str, Any]) -> Outcome:
        """Run a tool; errors are texts for the model."""
        tool = self._tools.get(name)
        if tool is None:
            return Outcome(f"there is no tool {clean(name, 60)!r}; there are {', '.join(self._tools)}", failed=True)
        try:
            return Outcome(_cut(tool.run(tool.arguments.model_validate(arguments))))
        except ValidationError as error:
            return Outcome(f"these arguments do not fit: {_faults(error)}", failed=True)
        except (ToolError, SetpointError) as error:
            return Outcome(_cut(str(error)), failed=True)
        except OSError as error:
            return Outcome(f"that cannot be done: {error.strerror}", failed=True)


def _faults(error: ValidationError) -> str:
    faults = (f"{'.'.join(map(str, fault['loc'])) or 'all'}: {fault['msg']}" for fault in error.errors()[:5])
    return clean("; ".join(faults))


def _cut(text: str) -> str:
    more = len(text) - LONGEST_RESULT
    return text if more <= 0 else f"{text[:LONGEST_RESULT]}\n… [{more} more characters were cut off]"
