"""What the gas report measures of stakers: fees come in before each action, as where a market works."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.gas_world import GasWorld, Node
from tests.support.proof_trees import UniformTree

WHOLE = 10**18


@dataclass(frozen=True)
class Stakers:
    """An operator with a commission of 5%, two delegators with accounts, and who pays fees."""

    world: GasWorld
    payer: str
    operator: str
    first: str
    second: str

    @classmethod
    def of(cls, node: Node) -> "Stakers":
        """With tokens that Staking may pull, and money in Payments."""
        world = GasWorld(node)
        people = cls(world, *world.accounts[1:5])
        token, staking = world.token.functions, world.staking
        for account in (people.payer, people.operator, people.first, people.second):
            world.fund(account)
            world.send(world.deployer, token.transfer(account, 10**5 * WHOLE))
            world.send(account, token.approve(staking.address, 2**256 - 1))
        return people

    def act(self, sender: str, name: str, *arguments: object) -> int:
        """The gas of a call after fees came in."""
        payments, staking = self.world.payments.functions, self.world.staking
        self.world.send(self.payer, payments.transfer(staking.address, 10**15))
        return self.world.gas(sender, staking.get_function_by_name(name)(*arguments))


def stakers(node: Node) -> Iterator[tuple[str, int]]:
    """Everything that operators and delegators do with stake and fees."""
    people = Stakers.of(node)
    act, operator, first, second = people.act, people.operator, people.first, people.second
    act(second, "stake", 1000 * WHOLE, 500)
    yield "stake_first", act(operator, "stake", 1000 * WHOLE, 500)
    act(first, "delegate", operator, 1000 * WHOLE)
    yield "delegate_first", act(second, "delegate", operator, 1000 * WHOLE)
    yield "delegate", act(second, "delegate", operator, 1000 * WHOLE)
    yield "claim", act(operator, "claim")
    yield "claim_delegated", act(first, "claim_delegated", operator, first)
    yield "set_commission", act(operator, "set_commission", 400)
    yield "thaw", act(operator, "thaw", WHOLE)
    act(second, "thaw_delegated", operator, 10**9)
    yield "thaw_delegated_first", act(first, "thaw_delegated", operator, 10**9)
    yield "thaw_delegated", act(first, "thaw_delegated", operator, 10**9)
    node.mine(100)
    yield "stake_withdraw", act(operator, "withdraw")
    yield "withdraw_delegated", act(first, "withdraw_delegated", operator)
    yield "sync", act(people.payer, "sync")


def slashed_delegators(node: Node) -> Iterator[tuple[str, int]]:
    """A deal that locks twice its operator's own stake, and is missed until it ends."""
    people = Stakers.of(node)
    world, operator, client = people.world, people.operator, people.payer
    world.join(operator, operator, stake=10**4 * WHOLE)
    world.send(operator, world.staking.functions.authorize(world.deals.address, 10**6 * WHOLE))
    people.act(people.first, "delegate", operator, 10**4 * WHOLE)
    world.next_period()
    opened = [
        world.open(client, operator, UniformTree(12), price=price, periods=10)
        for price in (1000, 4 * 10**8 - 1000)
    ]
    world.next_period(12)
    world.settle(opened[0])
    yield "settle_close_delegated", world.settle(opened[1])["gasUsed"]
    units = world.staking.functions.stake_of(operator).call()
    assert units[0] == 0 < 10**4 * WHOLE - units[1]
    yield "collect_first", people.act(client, "collect")
    yield "burn", people.act(people.first, "burn", operator, world.deals.address)
