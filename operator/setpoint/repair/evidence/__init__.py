"""Evidence: what the breach rests on, from a profiling copy of the service under the same load."""

from setpoint.repair.evidence.diagnose import diagnose, diagnose_elsewhere, no_evidence
from setpoint.repair.evidence.profile import Limits

__all__ = ["Limits", "diagnose", "diagnose_elsewhere", "no_evidence"]
