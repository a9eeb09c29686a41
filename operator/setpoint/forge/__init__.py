"""Where patches become branches and pull requests; the only place that runs git."""
