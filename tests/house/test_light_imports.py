"""Nobody waits for a library that a command doesn't use."""

import subprocess
import sys

ALLOWED = {"click", "xmbl"}
"""What `xmbl --help` may import beside the standard library."""

HEAVY_STANDARD = {
    "asyncio",
    "email",
    "http",
    "importlib.metadata",
    "multiprocessing",
    "sqlite3",
    "ssl",
    "urllib.request",
}
"""Modules of the standard library that cost start-up time and that no help text needs."""

HEAVY = {
    "aleph_cid",
    "cbor2",
    "eth",
    "eth_abi",
    "eth_account",
    "eth_utils",
    "libp2p",
    "nacl",
    "psutil",
    "rich",
    "trio",
    "web3",
}
"""What is imported inside commands only."""


def _imported(statement: str) -> set[str]:
    """The modules that a fresh interpreter has after `statement`, beyond those of an idle one."""
    probe = f"import sys; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_imports__version__needs_no_click():
    assert "click" not in _imported("import xmbl.__main__")


def test_imports__help__stay_on_the_allow_list():
    found = _imported("from xmbl.cli.program import run; run(['--help'])")
    strangers = {name.split(".")[0] for name in found} - ALLOWED - sys.stdlib_module_names
    assert strangers == set()
    assert found & HEAVY_STANDARD == set()
    assert {name for name in found if name.startswith("xmbl.cli.")} == {
        "xmbl.cli.choices",
        "xmbl.cli.frame",
        "xmbl.cli.program",
        "xmbl.cli.report",
    }


def test_imports__every_commands_help__imports_nothing_heavy():
    found = _imported(
        "from importlib import import_module; from xmbl.cli.program import COMMANDS;"
        "[import_module(where.split(':')[0]) for where, _ in COMMANDS.values()]"
    )
    assert {name.split(".")[0] for name in found} & HEAVY == set()
