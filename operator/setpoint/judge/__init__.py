"""The judge: series in, verdict out. Pure: no clock, no I/O."""

from setpoint.judge.judging import judge

__all__ = ["judge"]
