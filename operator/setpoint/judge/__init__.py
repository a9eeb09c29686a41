"""The judge: series in, verdict out. Pure: no clock, no I/O."""
