"""What all tests share: how hard Hypothesis looks, and a closed door to the network for unit tests.

`XMBL_PROFILE=long uv run pytest tests/stateful` plays the random machines for minutes instead of seconds.
"""

import os
import socket
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, Phase, settings, stateful
from hypothesis.internal.conjecture import engine

UNIT = Path(__file__).parent / "unit"
PROFILE = os.environ.get("XMBL_PROFILE", "quick")

_shared = settings(
    deadline=None,
    phases=[phase for phase in Phase if phase is not Phase.explain],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("quick", _shared, max_examples=40, stateful_step_count=30, derandomize=True)
settings.register_profile("long", _shared, max_examples=160, stateful_step_count=500, print_blob=True)
settings.register_profile("mutants", settings.get_profile("quick"), phases=[Phase.explicit, Phase.generate])
settings.load_profile(PROFILE)
if PROFILE == "long":  # 500 moves need more choices than one example has, and Hypothesis would stop early
    engine.BUFFER_SIZE = stateful.BUFFER_SIZE = 8 * engine.BUFFER_SIZE


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep Ape's hands off our fixtures: once a test has used one of its chains, it would make session
    fixtures anew that lie on titanoboa or on chains of our own."""
    if hasattr(config.option, "disable_isolation"):
        config.option.disable_isolation = True


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The whole suite uses the cores, file by file, and one more, since many tests wait for blocks; a part of
    it isn't worth their start."""
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return min((os.cpu_count() or 1) + 1, 4) if whole else 0


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit test that reaches for the network fails, instead of passing on a good day."""
    if not request.node.path.is_relative_to(UNIT):
        return

    def refuse(*_: Any) -> NoReturn:
        raise AssertionError("a unit test opens no connection; move it to tests/integration")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
