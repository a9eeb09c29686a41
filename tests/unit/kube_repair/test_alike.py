"""Copies that run the same image, and those that do not."""

from setpoint.kube.repair.alike import unlike_images


def pod(image: str, other: str = "sidecar@sha256:1") -> dict:
    """One whose measured container runs `image`."""
    names = {"sidecar": other, "app": image}
    return {"status": {"containerStatuses": [{"name": name, "imageID": each} for name, each in names.items()]}}


def test_copies_of_one_image_are_alike_whatever_runs_beside_it():
    """By the digest that each node tells, of the container that is measured."""
    copies = {"control": [pod("a@sha256:1")], "candidate": [pod("a@sha256:1", "sidecar@sha256:2")]}
    assert unlike_images(copies, "app") == ""


def test_copies_of_two_images_under_one_tag_are_told_by_their_digests():
    """Also where the two that are to be the same are not."""
    digests = {"control": "f" * 63 + "1", "twin": "f" * 63 + "2", "candidate": "f" * 63 + "1"}
    told = unlike_images({name: [pod(f"a@sha256:{digest}")] for name, digest in digests.items()}, "app")
    assert "its tag was moved" in told
    assert all(f"{name} {digest[-19:]}" in told for name, digest in digests.items())


def test_a_pod_that_does_not_say_yet_what_it_runs_is_waited_for_elsewhere():
    """It is not ready then."""
    assert unlike_images({"control": [pod("a@sha256:1")], "candidate": [pod("")]}, "app") == ""
    assert unlike_images({"control": [], "candidate": [{}]}, "app") == ""
