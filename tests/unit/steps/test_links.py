"""Where links of a tree lead, followed as the kernel follows them."""

import pytest

from setpoint.forge.links import leads_out


def links_of(**links: str) -> dict[tuple[str, ...], str]:
    """Links by their paths; __ stands for a slash."""
    return {tuple(path.split("__")): target for path, target in links.items()}


@pytest.mark.parametrize(
    ("links", "out"),
    [
        (links_of(a="b"), False),
        (links_of(a="b/../c/./d"), False),
        (links_of(a__b="../c"), False),
        (links_of(a__b=".."), False),
        (links_of(a__b="../.."), True),
        (links_of(a=".."), True),
        (links_of(a="/etc/passwd"), True),
        (links_of(a="b/../../c"), True),
        (links_of(a="missing/../../../x"), True),
        # Each looks as if it stayed inside; the second goes by way of the first.
        (links_of(a="deep/down/up/../x", deep__down__up="../.."), True),
        (links_of(a="here/x", here="."), False),
        (links_of(a="here/../x", here="."), True),
        # What leads nowhere leads not out.
        (links_of(a="a"), False),
        (links_of(a="b", b="a"), False),
        (links_of(a="b/b/b/b", b="c/c/c/c", c="d/d/d/d", d="e/e/e/e", e="."), False),
    ],
)
def test_a_link_leads_out_or_stays(links, out):
    """By its own path."""
    assert leads_out(("a",) if ("a",) in links else ("a", "b"), links) is out


def test_many_links_that_double_each_other_are_followed_in_no_time():
    """As the kernel gives up, so do we."""
    links = {(f"l{n}",): f"l{n + 1}/l{n + 1}" for n in range(60)} | {("l60",): "."}
    assert leads_out(("l0",), links) is False
