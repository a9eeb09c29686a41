"""The proposer anthropic: a model that reads, edits, tests and measures, within limits."""
