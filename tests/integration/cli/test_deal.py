"""Two operators and a client, each on a machine of their own, and a file's whole life by commands alone."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.cli.conftest import FAST, PASSWORD, add_wallet
from tests.support.commands import Commands, Service
from xmbl import config
from xmbl.identity import node_key
from xmbl.units import WHOLE

BLOCK_SECONDS = "0.25"


class Market:
    """A chain whose blocks come by the clock, and the people on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.devnet = self.machine("devnet").start("devnet", "--port", "0", "--block-time", BLOCK_SECONDS)
        self.nodes: dict[str, Service] = {}

    def machine(self, name: str, *wallets: str) -> Commands:
        """A machine with these wallets; the first is the one to act with."""
        home = self.folder / name
        config.write_text(home / "password", PASSWORD + "\n")
        commands = Commands(home, home / "password", wallets[0] if wallets else "")
        for wallet in wallets:
            add_wallet(commands, wallet)
        return commands

    def person(self, name: str, *wallets: str) -> Commands:
        """A machine that has joined the network, with money in its first wallet and gas in all."""
        commands = self.machine(name, *wallets)
        commands.document("config", "join", self.devnet.document["path"])
        for number, wallet in enumerate(wallets):
            commands.document("devnet", "fund", wallet, "--xmbl", "0" if number else "5000")
        return commands

    def operator(self, name: str) -> Commands:
        """A registered operator whose node runs."""
        commands = self.person(name, "operator", "agent")
        node_key.create(commands.home / "config" / "node.key", PASSWORD, log2_work=FAST)
        commands.document("node", "init", "--listen", "/ip4/127.0.0.1/tcp/0", "--capacity", "1 GiB")
        commands.document("stake", "add", "1000", "--yes")
        commands.document("stake", "authorize", "deals", "500", "--yes")
        registered = commands.document("node", "register", "--yes")
        assert [each["action"] for each in registered["transactions"]] == ["node_register", "node_cap"]
        self.nodes[commands.document("wallet", "show")["address"]] = commands.start("node", "run")
        return commands

    def stop(self) -> None:
        """End everybody."""
        for service in [*self.nodes.values(), self.devnet]:
            service.stop()


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """The market of this file's story."""
    found = Market(tmp_path_factory.mktemp("market"))
    yield found
    found.stop()


def until(condition: Callable[[], bool]) -> None:
    """Wait for the chain's clock; fails loudly when it isn't so in a minute."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it didn't come to pass"
        time.sleep(0.2)


class Life:
    """A file's: each chapter stands on those before it."""

    def __init__(self, market: Market, tmp_path: Path) -> None:
        self.market, self.tmp_path = market, tmp_path
        self.operators = [market.operator(name) for name in ("north", "south")]
        self.client = market.person("client", "client")
        self.letter = tmp_path / "My Letter"
        self.letter.write_text("kept by strangers\n")

    def notes(self) -> list[dict]:
        """The deals of the second file."""
        return self.client.document("deal", "show", "notes")["deals"]

    def shown(self) -> dict:
        """The letter's first deal."""
        return self.client.document("deal", "show", "my-letter")["deals"][0]

    def questions_cost_nothing(self) -> None:
        """A question costs nothing; a node says where it is a moment after it has started."""

        def offering() -> set[str]:
            return {offer["operator"] for offer in self.client.document("deal", "quote", "1 MiB")["offers"]}

        until(lambda: offering() == set(self.market.nodes))
        dear = self.client.document("deal", "quote", "1 MiB", "--max-price", "0.000001")
        assert dear["offers"] == []

    def dry_runs_cost_nothing(self) -> None:
        """Nor does a dry run."""
        planned = self.client.document("deal", "put", str(self.letter), "--copies", "1", "--dry-run")
        assert [step["action"] for step in planned["steps"]] == [
            "token_approve", "pay_deposit", "pay_approve", "deal_open",
        ]  # fmt: skip
        assert self.client.document("deal", "list")["stored"] == []

    def it_is_put_and_comes_back(self) -> None:
        """Put, show, get, verify."""
        self.stored = self.client.document(
            "deal", "put", str(self.letter), "--copies", "1", "--periods", "20", "--yes"
        )
        [self.deal] = self.stored["deals"]
        assert (self.stored["name"], self.stored["complete"], self.deal["state"]) == (
            "my-letter",
            True,
            "live",
        )
        assert self.client("deal", "put", str(self.letter), "--yes").code == 2
        self.client.document("deal", "get", "my-letter", str(self.tmp_path / "back"))
        assert (self.tmp_path / "back").read_bytes() == self.letter.read_bytes()
        assert self.client.document("deal", "verify", "my-letter")["healthy"] is True

    def another_machine_needs_the_manifest_only(self) -> None:
        """A second file, with both operators."""
        self.client.document("deal", "put", str(self.letter), "--name", "notes", "--copies", "2", "--yes")

        # another machine with the same wallet needs the manifest only
        self.client.document("deal", "backup", "my-letter", str(self.tmp_path / "manifest"))
        self.elsewhere = self.market.machine("elsewhere")
        wallet = self.client.home / "config" / "wallets" / "client.json"
        config.write_text(self.elsewhere.home / "config" / "wallets" / "client.json", wallet.read_text())
        self.elsewhere.document("config", "join", self.market.devnet.document["path"])
        self.elsewhere.document("deal", "restore", str(self.tmp_path / "manifest"))
        self.elsewhere.document("deal", "get", "my-letter", str(self.tmp_path / "again"))
        assert (self.tmp_path / "again").read_bytes() == self.letter.read_bytes()

    def another_person_gets_the_places_and_the_key(self) -> None:
        """Another person gets the places and the key, and nothing to say about the deals."""
        self.reader = self.market.machine("reader", "reader")
        self.reader.document("config", "join", self.market.devnet.document["path"])
        told = self.reader.document("deal", "reader")
        given = self.client.document(
            "deal", "share", "my-letter", "-o", str(self.tmp_path / "letter.share"), "--to", told["reader"]
        )
        assert given["reader"] == told["address"]
        assert self.elsewhere("deal", "import", str(self.tmp_path / "letter.share")).code == 1
        taken = self.reader.document(
            "deal", "import", str(self.tmp_path / "letter.share"), "--name", "theirs"
        )
        assert [each["state"] for each in taken["deals"]] == ["live"]
        self.reader.document("deal", "get", "theirs", str(self.tmp_path / "read"))
        assert (self.tmp_path / "read").read_bytes() == self.letter.read_bytes()
        assert [each["client"] for each in self.reader.document("deal", "list")["stored"]] == [
            self.stored["client"]
        ]
        refused = self.reader("deal", "terminate", "theirs", "--yes")
        assert (refused.code, "who alone can act on its deals" in refused.err) == (2, True)

    def a_passphrase_gives_them_too(self) -> None:
        """A passphrase does too; what is there already stays."""
        (self.tmp_path / "passphrase").write_text("open, sesame\n")
        phrase = ("--passphrase-file", str(self.tmp_path / "passphrase"))
        self.client.document("deal", "share", "my-letter", "-o", str(self.tmp_path / "sealed.share"), *phrase)
        assert (
            self.client("deal", "share", "my-letter", "-o", str(self.tmp_path / "sealed.share"), *phrase).code
            == 2
        )
        assert self.reader("deal", "import", str(self.tmp_path / "sealed.share"), *phrase).code == 0
        assert self.client("deal", "import", str(self.tmp_path / "sealed.share"), *phrase).code == 2

    def it_is_proven_and_paid_for(self) -> None:
        """It is proven, period by period, and paid for."""
        until(lambda: all(each["periods_proven"] for each in [self.shown(), *self.notes()]))
        settled = self.client.document("deal", "settle", "my-letter", "--yes")
        assert [each["action"] for each in settled["transactions"]] == ["deal_settle"]
        self.holder = next(
            each
            for each in self.operators
            if each.document("node", "status")["operator"] == self.deal["operator"]
        )
        assert self.holder.document("node", "status")["running"] is True
        assert self.holder.document("node", "status")["income_wei"] > 0

        # what stands behind an operator is seen before its next deal
        [offer] = [
            each
            for each in self.client.document("deal", "quote", "1 MiB")["offers"]
            if each["operator"] == self.deal["operator"]
        ]
        assert offer["ring_wei"] == 2 * self.deal["price_wei"]
        assert 0 < offer["ring_share_basis_points"] < 10_000
        assert 0 < offer["cover_wei"] == offer["collateral_wei"] // 2
        assert offer["periods_proven"] >= 1

    def a_leaf_and_a_longer_deal_are_given(self) -> None:
        """An operator is asked for a leaf on chain, and for a longer deal; it gives both."""
        looked = self.client.document("deal", "challenge", "my-letter", "--dry-run")
        assert [step["action"] for step in looked["steps"]][-1] == "deal_challenge"
        assert self.client.document("deal", "challenge", "my-letter", "--wait", "--yes")["answered"] is True
        assert self.client("deal", "fail", "my-letter", "--yes").code == 2
        longer = self.client.document("deal", "extend", "my-letter", "--periods", "5", "--yes")
        assert (longer["extended"], longer["refused"]) == ([0], [])
        assert self.shown()["end_period"] == self.deal["end_period"] + 5
        again = self.client("deal", "extend", "my-letter", "--yes")
        assert (again.code, "say by --periods or --until" in again.err) == (2, True)

    def a_budget_keeps_it(self) -> None:
        """The second file is kept from expiring as long as a budget lasts."""
        ends = {each["end_period"] for each in self.notes()}
        budget = f"{sum(each['price_wei'] for each in self.notes())} wei"
        assert self.client("deal", "watch", "notes", "--extend", "--yes").code == 2
        forgotten = self.client("deal", "watch", "notes", "--budget", budget, "--yes")
        assert (forgotten.code, "say both" in forgotten.err) == (2, True)
        watching = self.client.begin(
            "deal",
            "watch",
            "notes",
            "--extend",
            "--before",
            "50",
            "--periods",
            "1",
            "--budget",
            budget,
            "--yes",
        )
        until(lambda: {each["end_period"] for each in self.notes()} == {end + 1 for end in ends})
        log = self.client.home / "deal-watch.log"
        until(lambda: "The budget doesn't cover 2 deals, which will expire" in log.read_text())
        watching.send_signal(signal.SIGINT)
        assert watching.wait(30) == 130

    def its_operator_dies(self) -> None:
        """The bytes can't be verified, a challenge fails, the misses end the other deal."""
        assert self.client("deal", "repair", "my-letter", "--yes").code == 2
        self.market.nodes.pop(self.deal["operator"]).kill()
        self.silent = next(
            each["number"] for each in self.notes() if each["operator"] == self.deal["operator"]
        )
        self.asked = self.client.document(
            "deal", "challenge", "notes", "--replica", str(self.silent), "--yes"
        )
        failed = self.client("deal", "verify", "my-letter", "--json")
        assert (failed.code, failed.document()["healthy"]) == (1, False)
        assert "challenged until block" in self.notes()[self.silent]["state"]

    def who_still_answers_keeps_its_part(self) -> None:
        """Who still answers keeps its part longer, and what is left behind is said."""
        partly = self.client("deal", "extend", "notes", "--periods", "1", "--yes", "--json")
        assert (partly.code, partly.document()["extended"]) == (1, [1 - self.silent])
        assert [each["number"] for each in partly.document()["refused"]] == [self.silent]
        early = self.client("deal", "fail", "notes", "--yes")
        assert (early.code, f"due until block {self.asked['due_block']}" in early.err) == (2, True)
        until(lambda: self.client("deal", "fail", "notes", "--yes").code == 0)
        assert self.client.document("stake", "show")["owed_wei"] > 0
        assert self.notes()[self.silent]["state"] == "failed"
        ending = self.client.document("deal", "terminate", "notes", "--yes")
        assert ending["refunded_wei"] > 0
        assert [each["state"] for each in ending["deals"] if each["number"] != self.silent] == ["ending"]

        until(lambda: self.shown()["state"] == "ended early")
        assert self.shown()["periods_missed"] == 3
        assert self.holder.document("node", "status")["running"] is False

    def it_is_mended_and_the_client_compensated(self) -> None:
        """The other operator takes a new replica; the client is compensated."""
        repaired = self.client.document("deal", "repair", "my-letter", "--yes")["deals"]
        assert [(each["number"], each["state"]) for each in repaired] == [(0, "ended early"), (1, "live")]
        assert repaired[1]["operator"] in self.market.nodes
        self.client.document("deal", "get", "my-letter", str(self.tmp_path / "repaired"))
        owed = self.client.document("stake", "show")["owed_wei"]
        assert owed > 0
        before = self.client.document("wallet", "balance")["xmbl_wei"]
        self.client.document("stake", "claim", "--yes")
        assert self.client.document("wallet", "balance")["xmbl_wei"] - before == owed


def test_deal__a_files_life__from_quote_to_claim(market, tmp_path):
    life = Life(market, tmp_path)
    life.questions_cost_nothing()
    life.dry_runs_cost_nothing()
    life.it_is_put_and_comes_back()
    life.another_machine_needs_the_manifest_only()
    life.another_person_gets_the_places_and_the_key()
    life.a_passphrase_gives_them_too()
    life.it_is_proven_and_paid_for()
    life.a_leaf_and_a_longer_deal_are_given()
    life.a_budget_keeps_it()
    life.its_operator_dies()
    life.who_still_answers_keeps_its_part()
    life.it_is_mended_and_the_client_compensated()


def test_deal__folder__comes_back_as_it_was(market, tmp_path):
    client = Commands(market.folder / "client", market.folder / "client" / "password", "client")
    (tmp_path / "photos" / "summer").mkdir(parents=True)
    (tmp_path / "photos" / "summer" / "1.raw").write_bytes(bytes(300_000))
    stored = client.document("deal", "put", str(tmp_path / "photos"), "--copies", "1", "--yes")
    assert stored["folder"] is True
    client.document("deal", "get", "photos", str(tmp_path / "back"))
    assert (tmp_path / "back" / "summer" / "1.raw").read_bytes() == bytes(300_000)
    assert {each["name"] for each in client.document("deal", "list")["stored"]} >= {"my-letter", "photos"}


def test_node__stopped_politely__leaves_with_zero(market):
    _, service = market.nodes.popitem()
    assert service.stop() == 0


def test_node_run__before_registration__says_what_to_do(market):
    newcomer = market.person("newcomer", "operator", "agent")
    node_key.create(newcomer.home / "config" / "node.key", PASSWORD, log2_work=FAST)
    newcomer.document("node", "init", "--listen", "/ip4/127.0.0.1/tcp/0", "--capacity", "1 GiB")
    said = newcomer.process("node", "run")
    assert said.code == 2
    assert "xmbl node register" in said.err
    foreign = newcomer.acting_with("agent")("node", "register", "--yes")
    assert foreign.code == 2
    assert "choose that wallet with --wallet" in foreign.err


def test_node_cap__changed_and_unchanged__is_said(market):
    operator = market.person("capped", "operator")
    assert operator.document("node", "cap", "0.5", "--yes")["cap_wei"] == WHOLE // 2
    again = operator("node", "cap", "0.5", "--yes")
    assert (again.code, "already" in again.err) == (2, True)
    assert "round the amount" in operator("node", "cap", "1 wei", "--yes").err
