"""A node in a process of its own, from its file: one JSON line of standard error for each event.

`XMBL_HOME=… python -m tests.support.node_process NODE_FILE`
"""

import json
import sys
from pathlib import Path

import trio

from xmbl import config
from xmbl.events import Event
from xmbl.node.config import load_node
from xmbl.node.node import run_node


def say(event: Event) -> None:
    """One line an event."""
    print(json.dumps(event.record()), file=sys.stderr, flush=True)


if __name__ == "__main__":
    trio.run(run_node, load_node(Path(sys.argv[1]), config.folders()), say)
