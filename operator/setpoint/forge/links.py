"""Where symbolic links of a tree lead. Pure: nothing is asked of a file system, whose answers a tree could shape."""

from collections.abc import Mapping

# The kernel follows fewer in one path; what is longer leads nowhere.
MOST_FOLLOWED = 64

Parts = tuple[str, ...]


def leads_out(link: Parts, links: Mapping[Parts, str]) -> bool:
    """Whether following `link` leaves the tree on the way. `links`: all links of the tree and their targets."""
    at: list[str] = []
    ahead = list(reversed(link))
    followed = 0
    while ahead:
        part = ahead.pop()
        if part == "..":
            if not at:
                return True
            at.pop()
        elif part not in ("", "."):
            at.append(part)
            target = links.get(tuple(at))
            if target is not None:
                followed += 1
                if target.startswith("/"):
                    return True
                if followed > MOST_FOLLOWED:
                    return False
                at.pop()
                ahead += reversed(target.split("/"))
    return False
