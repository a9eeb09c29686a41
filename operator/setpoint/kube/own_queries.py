"""The queries that an author wrote, as they may be sent: bound to the constraint's namespace and bounded. Pure."""

from setpoint.api.configuration import Configuration
from setpoint.api.errors import NotAllowed
from setpoint.api.resource import ResourceSpec


def with_own_queries(spec: ResourceSpec, namespace: str, configuration: Configuration) -> tuple[ResourceSpec, str]:
    """`spec` with each query in the words in which it is sent, and why one may not be sent, empty: all may.

    Raises InputError, with its place, for a text that is no PromQL.
    """
    custom, replaced = spec.constraints.custom, spec.telemetry.queries
    if not (custom or replaced):
        return spec, ""
    if not configuration.allow_custom_queries:
        return spec, "constraints.custom and telemetry.queries are not allowed by the operator (allowCustomQueries)"
    from setpoint.sense.confined import Tenant, confined  # a parser, which most operators do without

    limits = configuration.custom_queries
    tenant = Tenant(limits.tenant_label, namespace, limits.longest_reach, limits.most_points)
    try:
        asked = [confined(one.query, tenant, f"spec.constraints.custom[{at}].query") for at, one in enumerate(custom)]
        queries = {name: confined(text, tenant, f"spec.telemetry.queries.{name}") for name, text in replaced.items()}
    except NotAllowed as error:
        return spec, str(error)
    held = tuple(one.model_copy(update={"query": text}) for one, text in zip(custom, asked, strict=True))
    constraints = spec.constraints.model_copy(update={"custom": held})
    telemetry = spec.telemetry.model_copy(update={"queries": queries})
    return spec.model_copy(update={"constraints": constraints, "telemetry": telemetry}), ""
