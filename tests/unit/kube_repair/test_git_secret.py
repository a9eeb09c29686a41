"""The Secret with the forge's token, as pods of a repair have it: by its name, each anew."""

from setpoint.api.configuration import Configuration
from setpoint.api.forge import CloseJob, Hosting
from setpoint.kube.repair.pods import TOKEN_FOLDER, Ground, job_of, order_of
from setpoint.kube.repair.works import forge_work
from unit.kube_repair.test_copies import OWNER

GROUND = Ground(OWNER, "run1", "rem1", Configuration())
HOSTING = Hosting(kind="gitea", repository="https://git.example.com/shop/app.git", token_file=f"{TOKEN_FOLDER}/token")


def test_each_job_mounts_the_secret_by_its_name_so_that_one_that_was_replaced_counts_from_the_next_on():
    """F33: nothing of it is in an order or a variable, and no step hands it to the next."""
    work = forge_work(GROUND, "checkout-git", "close", "rem1-close", CloseJob(hosting=HOSTING, branch="setpoint/rem1"))
    pod = job_of(GROUND, "rem1-close", work)["spec"]["template"]["spec"]
    [volume] = [one for one in pod["volumes"] if one["name"] == "token"]
    assert volume["secret"]["secretName"] == "checkout-git"
    [box] = pod["containers"]
    [mount] = [one for one in box["volumeMounts"] if one["name"] == "token"]
    assert mount == {"name": "token", "mountPath": TOKEN_FOLDER, "readOnly": True}  # no subPath, which is never renewed
    assert not any("valueFrom" in one for one in box["env"]) and "envFrom" not in box
    assert "checkout-git" not in str(order_of(GROUND, "rem1-close", work.files))
