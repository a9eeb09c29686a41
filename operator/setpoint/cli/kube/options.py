"""Which cluster and which namespace: the options of every verb, named as kubectl's."""

from argparse import SUPPRESS, ArgumentParser


def add_cluster_options(parser: ArgumentParser, *, again: bool = False) -> None:
    """`again`: after the verb, where what was written before it stays."""
    group = parser.add_argument_group("cluster")
    text, flag = (SUPPRESS, SUPPRESS) if again else (None, False)
    group.add_argument("--kubeconfig", metavar="FILE", default=text, help="default: KUBECONFIG, else ~/.kube/config")
    group.add_argument("--context", metavar="NAME", default=text, help="of the kubeconfig (default: its current one)")
    group.add_argument("-n", "--namespace", metavar="NAME", default=text, help="default: the context's")
    group.add_argument(
        "-A", "--all-namespaces", action="store_true", default=flag, help="get and watch: in all namespaces"
    )
