"""Who may come in. The passwords are checked by a directory that takes its time."""

import hmac
import time


class Directory:
    def __init__(self, passwords):
        self._passwords = dict(passwords)

    def check(self, name, password):
        self._ask()
        return hmac.compare_digest(self._passwords.get(name, ""), password)

    def _ask(self):
        time.sleep(0.04)
