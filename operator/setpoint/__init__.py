"""Setpoint: a control loop for performance.

The folders are the loop: api, load, sense, judge, control, repair, forge, verify.
"""

__version__ = "0.1.0"
