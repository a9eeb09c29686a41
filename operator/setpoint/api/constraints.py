"""The setpoints: `constraints` of a file, `spec.constraints` of the custom resource (contract section 1)."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from setpoint.api.base import Model, NotNegative, Number, Percent, Positive
from setpoint.api.shapes import LabelName

Query = Annotated[str, Field(min_length=1, max_length=10_000)]


class Memory(Model):
    """High-watermark of memory, for each instance: the maximum after warm-up."""

    max_mb: Positive = Field(description="Most memory in MB (10^6 bytes)")
    tolerance_percent: Percent = Field(default=0.0, description="Allowed on top of max_mb, in percent of it")
    sustained_load_minutes: Positive | None = Field(default=None, description="Least window; default: the whole load")


class Heap(Model):
    """Growth of the retained heap, for each instance."""

    max_retained_growth_slope: NotNegative = Field(description="Most growth, MB per hour")
    observation_window_minutes: Positive | None = Field(default=None, description="Window; default: the whole load")
    smallest_effect_mb_per_hour: Positive | None = Field(
        default=None, description="Growth beyond the limit that matters; default: larger of 1 and 2 % of the level"
    )


class Latency(Model):
    """Response times, judged by the share of requests that took longer than the limit."""

    p50_max_ms: Positive | None = Field(default=None, description="At most 50 % of requests may take longer, ms")
    p90_max_ms: Positive | None = Field(default=None, description="At most 10 % of requests may take longer, ms")
    p99_max_ms: Positive | None = Field(default=None, description="At most 1 % of requests may take longer, ms")

    @model_validator(mode="after")
    def _something(self) -> Self:
        # A p50 limit above the p90 limit says little, but it can be judged: it is not refused.
        if not list(self.limits()):
            raise ValueError("latency has no limit; write at least one of p50_max_ms, p90_max_ms, p99_max_ms")
        return self

    def limits(self) -> Iterator[tuple[float, str, float]]:
        """(quantile, name, limit in ms) of each limit that is set, lowest quantile first."""
        for quantile, name in ((0.5, "p50"), (0.9, "p90"), (0.99, "p99")):
            limit: float | None = getattr(self, f"{name}_max_ms")
            if limit is not None:
                yield quantile, name, limit


class Cardinality(Model):
    """Time series that the target exports: how many, and whether new ones keep arriving."""

    max_unique_labels: Positive | None = Field(default=None, description="Most time series of one instance")
    growth_rate: Literal["bounded"] | None = Field(default=None, description="bounded: new series must stop arriving")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.max_unique_labels is None and self.growth_rate is None:
            raise ValueError("cardinality is empty; write max_unique_labels, growth_rate: bounded, or both")
        return self


class Cpu(Model):
    """Mean saturation after warm-up: the larger of used / limit and throttled / periods."""

    max_saturation_percent: Positive = Field(description="Over 100 where no limit is set: of one core")


class Throughput(Model):
    """Successful requests per second, mean after warm-up."""

    min_requests_per_second: Positive = Field(description="Least successful requests per second")


class Errors(Model):
    """Failed requests over all."""

    budget_percent: Percent = Field(description="Most failed requests, in percent of all")


class Custom(Model):
    """Anything else: one series, held under max or over min after warm-up."""

    name: LabelName = Field(description="The row is called custom.<name>")
    query: Query = Field(description="PromQL that gives one series")
    max: Number | None = Field(default=None, description="Its most; either max or min")
    min: Number | None = Field(default=None, description="Its least; either max or min")

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.max is None) == (self.min is None):
            raise ValueError(f"custom constraint {self.name} needs exactly one of max and min")
        return self


class Constraints(Model):
    """The setpoints; every entry is optional, at least one must be there."""

    memory: Memory | None = None
    heap: Heap | None = None
    latency: Latency | None = None
    cardinality: Cardinality | None = None
    cpu: Cpu | None = None
    throughput: Throughput | None = None
    errors: Errors | None = None
    custom: tuple[Custom, ...] = Field(default=(), max_length=100, description="Limits on queries of your own")

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        names = [custom.name for custom in self.custom]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"custom constraint {twice[0]} stands there twice; give each its own name")
        if not self.row_names():
            raise ValueError("no constraint at all; write at least one, for example errors: {budget_percent: 0.1}")
        return self

    def row_names(self) -> tuple[str, ...]:
        """Names of the rows that a verdict over these constraints has, in the order of the contract."""
        rows = ["memory"] if self.memory else []
        rows += ["heap.growth"] if self.heap else []
        rows += [f"latency.{name}" for _, name, _ in self.latency.limits()] if self.latency else []
        if self.cardinality and self.cardinality.max_unique_labels is not None:
            rows.append("cardinality.level")
        rows += ["cardinality.growth"] if self.cardinality and self.cardinality.growth_rate else []
        rows += [name for name in ("cpu", "throughput", "errors") if getattr(self, name)]
        return tuple(rows + [f"custom.{custom.name}" for custom in self.custom])
