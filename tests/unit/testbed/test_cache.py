"""What is slow is made once for the same inputs, and appears whole or not at all."""

import os
from functools import partial

import pytest

from testbed import cache


@pytest.fixture
def made(tmp_path):
    return partial(cache.made, where=tmp_path / "cache")


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "main.go").write_text("package main")
    return folder


def test_it_is_made_again_only_when_an_input_has_changed(source, made):
    """The content of files counts, and where a file is in its folder; compiled Python does not."""
    times = []

    def make(folder):
        times.append(folder)
        (folder / "program").write_text(str(len(times)))

    assert (made("it", [source, "flags"], make) / "program").read_text() == "1"
    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "x.pyc").write_text("anything")
    assert (made("it", [source, "flags"], make) / "program").read_text() == "1"
    (source / "main.go").write_text("package other")
    assert (made("it", [source, "flags"], make) / "program").read_text() == "2"
    assert (made("it", [source, "other flags"], make) / "program").read_text() == "3"


def test_what_failed_leaves_nothing_that_looks_made(source, made, tmp_path):
    """The next attempt starts afresh."""

    def fail(folder):
        (folder / "program").write_text("half")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        made("it", [source], fail)
    assert list((tmp_path / "cache").iterdir()) == []
    assert made("it", [source], lambda folder: None).is_dir()


def test_versions_that_nobody_asked_for_in_a_week_go_with_the_next_build(made):
    """Those that another checkout uses stay."""
    old = made("it", ["old"], lambda folder: None)
    used = made("it", ["used"], lambda folder: None)
    other = made("it-too", ["old"], lambda folder: None)
    for folder in (old, other):
        os.utime(folder, (0, 0))
    new = made("it", ["new"], lambda folder: None)
    assert [path.is_dir() for path in (old, used, new, other)] == [False, True, True, True]
