"""`ape console` opens with the whole set at hand."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[3]
CODE = (
    "me = accounts.test_accounts[0]",
    "approved = token.approve(payments, 5 * 10**18, sender=me)",
    "deposited = payments.deposit(5 * 10**18, sender=me)",
    "print('deposited', typed.payments.balance_of(me.address), 'period', deals.parameters().period)",
)


def test_console__local_network__has_the_set_deployed(tmp_path: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("ape"), "console", "-c", "\\n".join(CODE)],
        cwd=PROJECT,
        env=os.environ | {"APE_DATA_FOLDER": str(tmp_path), "IPYTHONDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "deposited 5000000000000000000 period 20" in done.stdout, done.stdout + done.stderr
