"""Ctrl-C where a command waits for somebody who says nothing."""

import signal
import subprocess
import sys


def test_put__silent_standard_input_and_ctrl_c__is_130_at_once(client):
    line = [sys.executable, "-m", "xmbl", "deal", "put", "-", "--name", "silent", "--yes"]
    process = subprocess.Popen(
        line, env=client.environment(), stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        while "preparing" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert process.stderr.read().strip() == "xmbl: Stopped. Nothing was sent."
    finally:
        process.kill()
        process.communicate()
