"""Letters from a template."""

from pathlib import Path

import jinja2


class Writer:
    def __init__(self, path):
        self.path = Path(path)
        self.signature = "The shop"

    def write(self, name):
        """A letter to `name`."""
        template = jinja2.Template(self.path.read_text())
        return template.render(name=name, signature=self.signature, lines=range(5))
