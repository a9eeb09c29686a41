"""A plot as SVG: axes, lines and areas. No styles in it but classes, no script, and a text alternative."""

import math
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Literal

from setpoint.judge.wording import number
from setpoint.report.markup import Markup, join, tag

WIDTH, HEIGHT = 640.0, 264.0
LEFT, RIGHT, TOP, BOTTOM = 74.0, 14.0, 30.0, 46.0
MOST_POINTS = 400  # of one line
LOOKS = ("one", "two", "three", "four", "five", "six")  # of the lines in one plot
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high` in `unit`; logarithmic where `log`; `bare`: the direction means nothing."""

    low: float
    high: float
    unit: str
    log: bool = False
    bare: bool = False

    def place(self, value: float) -> float:
        """Where `value` stands between low (0) and high (1)."""
        low, high, at = self._scaled(self.low), self._scaled(self.high), self._scaled(value)
        return (at - low) / (high - low) if high > low else 0.5

    def ticks(self) -> list[float]:
        """About five round values."""
        if self.bare:
            return []
        if self.log:
            return self._powers()
        span = self.high - self.low
        if span <= 0:
            return [self.low]
        unit = 10.0 ** math.floor(math.log10(span / 5))
        step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= span / 5)
        first = math.ceil(self.low / step - 1e-9)
        return [round(index * step, 12) for index in range(first, math.floor(self.high / step + 1e-9) + 1)]

    def _powers(self) -> list[float]:
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        powers = [10.0**power for power in range(first, last + 1)]
        between = [power * factor for power in powers for factor in (1, 2, 5)]
        finest = between if last - first < 3 else powers[:: max(1, (last - first) // 5)]
        return [value for value in finest if self.low * 0.999 <= value <= self.high * 1.001]

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, 1e-12)) if self.log else value


@dataclass(frozen=True, slots=True)
class Shape:
    """A line, an area or dots through `points`. `look` is its class; with a label it is in the legend."""

    kind: Literal["line", "area", "dots"]
    points: Points
    look: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture with its words: `title` is its caption, `words` say what a sighted reader would see."""

    id: str
    title: str
    words: str
    x: Axis
    y: Axis
    shapes: tuple[Shape, ...] = field(default=())


def thin(points: Points) -> Points:
    """At most MOST_POINTS: of each stretch the lowest and the highest, so that no peak is lost."""
    if len(points) <= MOST_POINTS:
        return points
    size = math.ceil(len(points) / (MOST_POINTS // 2))
    stretches = [points[first : first + size] for first in range(0, len(points), size)]
    kept = [{min(part, key=itemgetter(1)), max(part, key=itemgetter(1))} for part in stretches]
    return tuple(point for part in kept for point in sorted(part))


def figure(plot: Plot) -> Markup:
    """The plot, its caption and its legend."""
    legend = [
        tag("li", tag("span", class_=f"swatch {shape.look}", aria_hidden="true"), shape.label)
        for shape in plot.shapes
        if shape.label
    ]
    caption = tag("figcaption", tag("strong", plot.title), tag("ul", *legend, class_="legend") if legend else None)
    return tag("figure", caption, _svg(plot))


def _svg(plot: Plot) -> Markup:
    clip = f"{plot.id}-clip"
    frame = {"x": LEFT, "y": TOP, "width": WIDTH - LEFT - RIGHT, "height": HEIGHT - TOP - BOTTOM}
    return tag(
        "svg",
        tag("title", plot.title, id=f"{plot.id}-title"),
        tag("desc", plot.words, id=f"{plot.id}-words"),
        tag("defs", tag("clipPath", tag("rect", **frame), id=clip)),
        *_vertical_axis(plot.y),
        *_horizontal_axis(plot.x),
        tag("g", *(_shape(shape, plot) for shape in plot.shapes), clip_path=f"url(#{clip})"),
        role="img",
        viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}",
        aria_labelledby=f"{plot.id}-title {plot.id}-words",
    )


def _shape(shape: Shape, plot: Plot) -> Markup:
    places = [(_across(plot.x.place(x)), _up(plot.y.place(y))) for x, y in shape.points]
    if shape.kind == "dots":
        return join(*(tag("circle", cx=x, cy=y, r=5.0, class_=shape.look) for x, y in places))
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return tag("polyline" if shape.kind == "line" else "polygon", points=Markup(text), class_=shape.look)


def _vertical_axis(axis: Axis) -> list[Markup]:
    drawn = []
    for value in axis.ticks():
        y = _up(axis.place(value))
        drawn.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        drawn.append(tag("text", number(value), x=LEFT - 6, y=y + 4, class_="tick end"))
    return [*drawn, tag("text", axis.unit, x=2.0, y=16.0, class_="unit")]


def _horizontal_axis(axis: Axis) -> list[Markup]:
    y = HEIGHT - BOTTOM
    drawn = [tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="axis")]
    for value in axis.ticks():
        x = _across(axis.place(value))
        drawn.append(tag("line", x1=x, x2=x, y1=y, y2=y + 4, class_="axis"))
        drawn.append(tag("text", number(value), x=x, y=y + 20, class_="tick middle"))
    return [*drawn, tag("text", axis.unit, x=WIDTH - RIGHT, y=HEIGHT - 4, class_="unit end")]


def _across(share: float) -> float:
    return LEFT + _bounded(share) * (WIDTH - LEFT - RIGHT)


def _up(share: float) -> float:
    return HEIGHT - BOTTOM - _bounded(share) * (HEIGHT - TOP - BOTTOM)


def _bounded(share: float) -> float:
    # Far outside is as good as a little outside, and keeps the numbers in the file short.
    return min(max(share, -5.0), 6.0)
