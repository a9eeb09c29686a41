"""The gate's step: the rules' word on a patch, and the hash by which the forge knows the same tree."""

from contract.forge.conftest import AT, BRANCH
from local.steps.conftest import git
from local.steps.test_source_and_tree import CLEAR, odd_files
from setpoint.api.forge import PublishJob
from setpoint.api.remedy import GateReport
from setpoint.forge import jobs


def order(source, patch=CLEAR, paths=("src",), protected=()):
    """An order to gate a patch."""
    return {"source": source, "patch": patch, "paths": list(paths), "protected": list(protected)}


def test_the_hash_is_the_one_of_the_tree_that_the_forge_pushes(steps, repository, serve):
    """Of a repository with everything that could make two trees differ, a submodule too."""
    odd_files(repository)
    git(repository.clone, "update-index", "--add", "--cacheinfo", f"160000,{repository.head},vendor/lib")
    git(repository.clone, "commit", "--quiet", "-m", "A submodule")
    git(repository.clone, "push", "--quiet", "origin", "HEAD:main")
    took = steps.take("gate", order(serve()))
    report = GateReport.model_validate(took.result)
    assert (took.code, report.passed, report.additions) == (0, True, 1)
    job = {
        "hosting": repository.hosting,
        "branch": BRANCH,
        "base": "main",
        "commit": repository.head,
        "patch": CLEAR,
        "tree": report.tree,
        "title": "Clear the batch",
        "body": "",
        "at": AT,
    }
    published = jobs.publish(PublishJob.model_validate(job))
    assert published.tree == report.tree == git(repository.bare, "rev-parse", f"{BRANCH}^{{tree}}")


def test_what_the_rules_refuse_has_no_hash(steps, serve):
    """The path is none of those that a repair may change."""
    took = steps.take("gate", order(serve(), paths=("lib",)))
    report = GateReport.model_validate(took.result)
    assert took.code == 0 and not report.passed and report.tree == ""
    assert "not among the source paths" in report.violations[0]


def test_a_protected_file_is_refused(steps, serve):
    """The load script, wherever it lies."""
    took = steps.take("gate", order(serve(), protected=("src/app.py",)))
    assert not took.result["passed"] and "belongs to the setpoints" in took.result["violations"][0]


def test_the_same_order_gives_the_same_line(steps, serve):
    """After a crash it is given again."""
    source = serve()
    one, other = (steps.take("gate", order(source)) for _ in range(2))
    assert one.out == other.out and one.ending == other.ending


def test_a_source_that_is_no_address_is_one_clear_error(steps):
    """Before anything is waited for."""
    took = steps.take("gate", order("ftp://nowhere"))
    assert (took.code, took.ending["error"]) == (2, "InputError") and "is no source" in took.ending["message"]
