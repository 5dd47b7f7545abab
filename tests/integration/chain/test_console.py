"""`ape console` opens with the whole set at hand."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.devnets import MINED_AT_ONCE, serving
from xmbl import config
from xmbl.chain.deploy import PRESETS, deploy
from xmbl.chain.devnet import rich_account
from xmbl.chain.outbox import Outbox

PROJECT = Path(__file__).parents[3]
CODE = (
    "me = accounts.test_accounts[0]",
    "approved = token.approve(payments, 5 * 10**18, sender=me)",
    "deposited = payments.deposit(5 * 10**18, sender=me)",
    "print(repr(payments), payments.deposit.info)",
    "print('deposited', typed.payments.balance_of(me.address), 'period', deals.parameters().period)",
)


def console(home: Path, code: str, *options: str) -> str:
    """What a console says to `code`."""
    done = subprocess.run(
        [Path(sys.executable).with_name("ape"), "console", *options, "-c", code],
        cwd=PROJECT,
        env=os.environ | {"APE_DATA_FOLDER": str(home), "IPYTHONDIR": str(home), "XMBL_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_console__local_network__has_the_set_deployed(tmp_path: Path) -> None:
    said = console(tmp_path, "\\n".join(CODE))
    assert "deposited 5000000000000000000 period 20" in said, said
    assert "<Payments 0x" in said, said
    assert "@param amount uint256 What to pull, in wei." in said, said


def test_console__at_a_devnet__has_the_set_that_is_there(tmp_path: Path) -> None:
    with serving(block_time=MINED_AT_ONCE) as net:
        chain = net.chain()
        outbox = Outbox(tmp_path / "deployer.sqlite", chain, rich_account())
        found = deploy(outbox, chain, PRESETS["devnet"], tmp_path / "here", lambda _: None)
        places = config.folders({"XMBL_HOME": str(tmp_path)})
        joined = config.Network("mine", found.chain_id, (net.url,), found.addresses(), found.block)
        config.save_network(places, joined)
        wrong = config.Network(
            "gone", found.chain_id, (net.url,), dict.fromkeys(found.addresses(), found.token)
        )
        config.save_network(places, wrong)
        before = chain.block_number()
        where = ("--network", f"ethereum:local:{net.url}")
        said = console(tmp_path, "print('at', deals.address, typed.deals.address)", *where)
        assert f"at {found.deals} {found.deals}" in said, said
        assert chain.block_number() == before
