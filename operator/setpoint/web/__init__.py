"""Requests that Setpoint sends to other servers: bounded in time and size, and led nowhere else."""
