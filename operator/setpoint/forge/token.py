"""The forge's token: read from a file, shown to one server, and taken out of everything that is said."""

import base64
import re
import shlex
from pathlib import Path
from urllib.parse import quote, urlsplit

from setpoint.api.errors import InputError

LONGEST = 4096
USER = "x-access-token"  # what GitHub wants to be told beside an app's token; others take any name
_HIDDEN = "[token]"


class Token:
    """A token, or none (empty). Its text is in no representation of it."""

    def __init__(self, text: str = "") -> None:
        self._text = text
        pair = base64.b64encode(f"{USER}:{text}".encode()).decode()
        self._forms = (pair, text, quote(text, safe="")) if text else ()

    def __bool__(self) -> bool:
        return bool(self._text)

    def header(self, scheme: str) -> str:
        """The value of an Authorization header."""
        return f"{scheme} {self._text}"

    def redact(self, said: str) -> str:
        """`said` without the token in any of the forms in which it travels: the other side may repeat what we sent."""
        for form in self._forms:
            said = said.replace(form, _HIDDEN)
        return said


def read_token(file: str | None) -> Token:
    """The token in `file` (None: there is none). Raises InputError when there is no usable one."""
    if file is None:
        return Token()
    where, instead = "hosting.tokenFile", "write the token into it, and nothing else"
    try:
        content = Path(file).read_bytes()[: LONGEST + 2]
    except OSError as error:
        what = f"{file} cannot be read ({error.strerror})"
        raise InputError(what, where=where, instead="name the file with the token") from error
    text = content.rstrip(b"\r\n").decode("ascii", "replace")
    if not re.fullmatch(r"[\x21-\x7e]+", text) or len(text) > LONGEST:
        what = "is empty" if not text else "does not hold a token"
        raise InputError(f"{file} {what}", where=where, instead=instead)
    return Token(text)


def write_askpass(folder: Path, repository: str, token_file: str | None) -> Path:
    """A program that tells git the token of `repository`'s server, and of no other. It holds the file's name alone."""
    address = urlsplit(repository)
    said = f"cat {shlex.quote(str(Path(token_file).absolute()))}" if token_file else "exit 1"
    name = re.escape(f"{address.scheme}://{address.netloc}")  # no sign that sh's patterns know is left unescaped
    user = re.escape(f"{address.scheme}://{USER}@{address.netloc}")
    script = folder / "askpass"
    script.write_text(
        "#!/bin/sh\n"
        'case "$1" in\n'
        f'  "Username for \'"{name}"\': ") echo {USER} ;;\n'
        f'  "Password for \'"{user}"\': ") {said} ;;\n'
        "  *) exit 1 ;;\n"
        "esac\n"
    )
    script.chmod(0o700)
    return script
