module setpoint.dev/testbed/pause

go 1.26.0
