"""The door: answers `--version` before anything heavier than `sys` is imported."""

import sys

from xmbl import __version__


def main() -> int:
    """Run the command line on this process's arguments; returns the exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        print(f"xmbl {__version__}")
        return 0
    from xmbl.cli.program import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
