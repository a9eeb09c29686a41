"""Diagnose and propose: evidence, proposers, the gate."""
