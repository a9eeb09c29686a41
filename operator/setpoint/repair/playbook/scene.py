"""All that a pattern looks at: the code, how it hangs together, the breached rows and the evidence."""

from dataclasses import dataclass
from functools import cached_property

from setpoint.api.remedy import Evidence
from setpoint.repair.playbook.calls import Calls
from setpoint.repair.playbook.containers import Container, find_containers, lasting
from setpoint.repair.playbook.names import Key, Names
from setpoint.repair.playbook.project import Project
from setpoint.repair.playbook.sight import Sight
from setpoint.repair.playbook.symbols import Symbols


@dataclass(frozen=True)
class Scene:
    """The service and what was seen of it. Everything is worked out when it is first asked for."""

    project: Project
    evidence: Evidence

    @cached_property
    def symbols(self) -> Symbols:
        """Imports and classes."""
        return Symbols(self.project)

    @cached_property
    def names(self) -> Names:
        """What names stand for."""
        return Names(self.symbols)

    @cached_property
    def calls(self) -> Calls:
        """Who calls whom."""
        return Calls(self.project, self.names)

    @cached_property
    def variables(self) -> dict[Key, Container]:
        """Every list, dict, set and deque."""
        return find_containers(self.project, self.names)

    @cached_property
    def containers(self) -> dict[Key, Container]:
        """Those that grow while the service runs."""
        return lasting(self.variables)

    @cached_property
    def sight(self) -> Sight:
        """Where the evidence points."""
        return Sight(self.evidence, self.project, self.calls)
