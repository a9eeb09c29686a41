"""The service as a local process."""
