import unittest
from pathlib import Path

import jinja2
from app import app, writer
from hidden_measuring import fastest


class Letters(unittest.TestCase):
    def test_letters_stay_the_same(self):
        template = jinja2.Template(Path("letters/letter.txt").read_text())
        for name in ("ann", "bob", "{{ name }}"):
            expected = template.render(name=name, signature="The shop", lines=range(5))
            self.assertEqual(writer.write(name), expected)
        self.assertEqual(app.test_client().get("/letter/ann").status_code, 200)

    def test_the_template_is_set_up_once(self):
        self.assertLess(fastest(lambda: [writer.write("ann") for _ in range(20)]), 0.02)
