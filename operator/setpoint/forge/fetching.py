"""Fetches a tree from the source pod of its repair, without a token and without git."""

import http.client
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from setpoint.api.errors import ForgeBusy, ForgeFailed, InputError
from setpoint.forge.snapshot import SUBMODULES, TREE
from setpoint.forge.unpacking import FOLDER_MODE, TreeRefusedError, Unpacking, parts_of

PATIENCE_SECONDS = 60.0  # until the source is there
SILENCE_SECONDS = 60.0  # of a source that has begun to answer
PAUSE_SECONDS = 0.5
LARGEST_LIST = 2**20

Submodules = dict[str, str]  # path -> commit id


def fetch_tree(source: str, into: Path, patience: float = PATIENCE_SECONDS) -> None:
    """Write the tree at `source` (a URL) into the folder `into`; what an earlier try left there goes first.

    Raises ForgeBusy when the source is not there, ForgeFailed when what it gives is no tree.
    """
    with _asked(source, TREE, patience) as answer:
        _empty(into)
        try:
            Unpacking(into).unpack(answer)
        except TreeRefusedError as error:
            if answer.isclosed() and answer.length:  # it ended before its announced end
                raise ForgeBusy(f"the source at {source} broke off in the middle of the tree") from error
            raise


def fetch_submodules(source: str, patience: float = PATIENCE_SECONDS) -> Submodules:
    """The submodules of the tree at `source`: a tar archive does not say at which commits they are."""
    with _asked(source, SUBMODULES, patience) as answer:
        text = answer.read(LARGEST_LIST + 1)
    if len(text) > LARGEST_LIST:
        raise ForgeFailed(f"{source} lists more submodules than are read")
    found = {}
    for entry in text.decode("utf-8", "surrogateescape").split("\0"):
        commit, _, path = entry.partition(" ")
        if entry:
            if not commit.isalnum():
                raise ForgeFailed(f"{source} gives no list of submodules")
            found["/".join(parts_of(path))] = commit
    return found


def _empty(folder: Path) -> None:
    """The folder, with nothing in it. A working tree of somebody, and the root, are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.resolve() == Path("/") or (folder / ".git").exists():
        raise InputError(f"{folder} is no folder to unpack a tree into", where="--into", instead="name a new one")
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    if folder.stat().st_mode & FOLDER_MODE != FOLDER_MODE:
        folder.chmod(FOLDER_MODE)


@contextmanager
def _asked(source: str, name: str, patience: float) -> Iterator[http.client.HTTPResponse]:
    """The answer to a GET, which is asked for again until it is there. No redirect is followed, no proxy is used."""
    address = urlsplit(source)
    if address.scheme != "http" or not address.hostname:
        raise InputError(f"{source!r} is no source", where="source", instead="write for example http://10.0.0.7:8080")
    until = time.monotonic() + patience
    while True:
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=SILENCE_SECONDS)
        try:
            connection.request("GET", f"/{name}")
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if time.monotonic() > until:
                raise ForgeBusy(f"the source at {source} does not answer: {error or type(error).__name__}") from error
            time.sleep(PAUSE_SECONDS)
            continue
        try:
            if answer.status != http.client.OK:
                raise ForgeFailed(f"the source at {source} answers {answer.status} for {name}")
            yield answer
        except (ConnectionError, TimeoutError, http.client.HTTPException) as error:
            raise ForgeBusy(f"the source at {source} broke off: {error or type(error).__name__}") from error
        finally:
            connection.close()
        return
