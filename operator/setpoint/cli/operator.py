"""`setpoint operator`: run the operator in, or against, a cluster."""

import asyncio
import os
from argparse import ArgumentParser, Namespace


def register(parser: ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "--namespace",
        action="append",
        default=[],
        metavar="NAME",
        help="watch this one; may be repeated (default: all)",
    )
    parser.add_argument("--listen", default="0.0.0.0:8080", metavar="HOST:PORT", help="for /healthz, /readyz, /metrics")
    parser.add_argument("--kubeconfig", metavar="FILE", help="default: the cluster that it runs in, else KUBECONFIG")
    parser.add_argument("--context", metavar="NAME", help="of the kubeconfig")


def execute(args: Namespace) -> int:
    """Run until SIGTERM or Ctrl-C; 0 when it stopped in good order."""
    from setpoint.kube.cluster import connect
    from setpoint.kube.logs import begin_logging
    from setpoint.kube.operator import Operator

    begin_logging(os.environ.get("SETPOINT_LOG_LEVEL", "INFO"))
    own = os.environ.get("SETPOINT_NAMESPACE", "setpoint-system")
    cluster = connect(args.kubeconfig, args.context, user_agent="setpoint-operator")
    asyncio.run(Operator(cluster, own, args.namespace, args.listen).run())
    return 0
