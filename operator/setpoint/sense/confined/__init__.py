"""Queries of authors, confined to what is theirs: parsed, every selector bound to the tenant, and bounded in cost.

Importing this imports the parser of PromQL.
"""

from setpoint.sense.confined.confining import Tenant, confined

__all__ = ["Tenant", "confined"]
