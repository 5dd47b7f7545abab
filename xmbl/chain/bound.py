"""Runs a command that ends when the process that asked for it does, however that dies: `… bound PID COMMAND`.

Linux tells a child of its parent's death, and goes on doing so for whatever the child becomes. Elsewhere
the command runs unbound.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Become `command`, bound to `parent`, the process that started this one."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            return  # it died before it could be watched
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
