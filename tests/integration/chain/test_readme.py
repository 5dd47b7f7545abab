"""The README's Python does what it says, on a real chain."""

import re
from pathlib import Path

from tests.support.devnets import MINED_AT_ONCE, serving
from xmbl.chain.deploy import PRESETS, deploy
from xmbl.chain.devnet import rich_account
from xmbl.chain.outbox import Outbox

README = Path(__file__).parents[3] / "README.md"


def examples() -> list[str]:
    shown = (
        README.read_text(encoding="utf-8").split("<!-- python:begin -->")[1].split("<!-- python:end -->")[0]
    )
    return re.findall(r"```python\n(.*?)```", shown, re.DOTALL)


def test_readme__its_python_one_block_after_another__runs(tmp_path: Path) -> None:
    with serving(block_time=MINED_AT_ONCE) as net:
        outbox = Outbox(tmp_path / "deployer.sqlite", net.chain(), rich_account())
        deploy(outbox, net.chain(), PRESETS["devnet"], tmp_path, lambda _: None)
        known = {"url": net.url, "folder": tmp_path, "key": rich_account().key}
        blocks = examples()
        assert len(blocks) == 4
        for block in blocks:
            exec(compile(block, str(README), "exec"), known)  # noqa: S102 - it is our own
