"""`python -m setpoint`: the same as the command."""

import sys

from setpoint.cli.main import main

sys.exit(main())
