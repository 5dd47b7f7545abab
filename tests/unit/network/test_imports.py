"""What a command line that never dials doesn't pay for."""

import subprocess
import sys


def test_import__light_modules__bring_no_libp2p() -> None:
    modules = "xmbl.network, xmbl.network.addresses, xmbl.network.frames, xmbl.network.channel"
    heavy = "{'libp2p', 'multiaddr', 'cbor2', 'web3', 'eth_account'}"
    code = f"import sys, {modules}; sys.exit(sorted({heavy} & sys.modules.keys()) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
