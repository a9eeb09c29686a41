"""The base of every public model: immutable, either spelling in, camelCase or snake_case out."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """An immutable value. Fields are snake_case in Python; camelCase is accepted and is what goes into JSON."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    def to_json(self) -> dict[str, Any]:
        """The value as plain JSON types, camelCase, absent entries left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class Open(Model):
    """A value that another tool may have written: entries that we do not know are left alone."""

    model_config = ConfigDict(extra="ignore")


def _no_flag(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a number is needed here, not true or false")
    return value


# pydantic's strict float takes 300 and 300.0, not "300", true or nan.
Number = Annotated[float, BeforeValidator(_no_flag), Strict(), Field(allow_inf_nan=False)]
Positive = Annotated[Number, Field(gt=0)]
NotNegative = Annotated[Number, Field(ge=0)]
Percent = Annotated[Number, Field(ge=0, le=100)]
