"""What the gas report measures: each play gives the gas of some actions, by receipt.

"First" is an action that writes where nothing was; without it the accounts, slots and bitmap words of
everybody in it are in use already. Names that the report prints are the keys.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from eth_utils import keccak, to_checksum_address

from tests.support.gas_stakers import slashed_delegators, stakers
from tests.support.gas_vouchers import vouchers
from tests.support.gas_world import PARAMETERS, GasWorld, Node
from tests.support.proof_trees import UniformTree

Figures = Iterator[tuple[str, int]]
Play = Callable[[Node], Figures]

MIB, GIB, GIB_8 = (UniformTree(depth) for depth in (12, 22, 25))
WHOLE = 10**18


def money(node: Node) -> Figures:
    """Payments and Staking by themselves."""
    world = GasWorld(node)
    first, second, operator, payee = world.accounts[1:5]
    for account in (first, second):
        world.fund(account)
    world.join(operator, payee)
    payments, staking = world.payments.functions, world.staking.functions
    new = world.accounts[5]
    yield "transfer_first", world.gas(first, payments.transfer(new, WHOLE))
    yield "transfer", world.gas(first, payments.transfer(second, WHOLE))
    yield "deposit", world.gas(first, payments.deposit(WHOLE))
    yield "withdraw", world.gas(first, payments.withdraw(WHOLE))
    yield "stake_add", world.gas(operator, staking.stake(WHOLE, 500))
    for count in (2, 10, 100):
        yield f"split_{count}", split(world, first, count)


def split(world: GasWorld, payer: str, count: int) -> int:
    """The second distribution to so many recipients, each with an account."""
    recipients = [
        to_checksum_address(each) for each in sorted(keccak(bytes([at]))[:20] for at in range(count))
    ]
    weights = [10**6 // count] * (count - 1)
    weights.append(10**6 - sum(weights))
    account = world.payments.functions.split_account(recipients, weights).call()
    gas = 0
    for amount in (WHOLE + 7, WHOLE + 13):
        world.send(payer, world.payments.functions.transfer(account, amount))
        gas = world.gas(payer, world.payments.functions.distribute(recipients, weights))
    return gas


def people(world: GasWorld) -> tuple[str, str]:
    """A client with money and an operator, paid on an account of its own."""
    client, operator, payee = world.accounts[1:4]
    world.fund(client)
    world.join(operator, payee)
    world.next_period()
    return client, operator


def deals(node: Node) -> Figures:
    """The life of small deals."""
    world = GasWorld(node)
    client, operator = people(world)
    first = world.open(client, operator, MIB)
    yield "deal_open_first", first.receipt["gasUsed"]
    ends_soon = [world.open(client, operator, MIB, periods=6) for _ in range(2)]
    yield "deal_open", ends_soon[-1].receipt["gasUsed"]
    world.next_period()
    world.prove(operator)
    world.next_period()
    yield "settle_first", world.settle(first)["gasUsed"]
    world.prove(operator)
    world.settle(ends_soon[0])
    world.next_period(2)
    world.prove(operator)
    world.next_period()
    yield "settle_3", world.settle(first)["gasUsed"]
    world.prove(operator)
    world.next_period(2)
    yield "settle_close_first", world.settle(ends_soon[0])["gasUsed"]
    world.settle(first)
    world.prove(operator)
    closing = world.open(client, operator, MIB, periods=3)
    world.next_period()
    world.prove(operator)
    world.next_period(3)
    yield "settle_close", world.settle(closing)["gasUsed"]


def spot_checks(node: Node) -> Figures:
    """A leaf of 8 GiB asked for, shown, and not shown."""
    world = GasWorld(node)
    client, operator = people(world)
    asked, kept = (world.open(client, operator, GIB_8) for _ in range(2))
    functions, deal = world.deals.functions, asked.deal.as_tuple()
    for _ in range(2):
        world.next_period()
        world.prove(operator)
    world.settle(kept)  # gives the payee its first money
    yield "challenge", world.gas(client, functions.challenge(deal, 2**24 + 7))
    yield "answer", world.gas(operator, functions.answer(deal, asked.tree.words(2**24 + 7)))
    world.send(client, functions.challenge(kept.deal.as_tuple(), 7))
    for _ in range(3):
        world.next_period()
        world.prove(operator)
    world.settle(asked)
    yield "fail_first", world.gas(client, functions.fail(kept.deal.as_tuple()))
    world.send(client, functions.challenge(deal, 7))
    for _ in range(3):
        world.next_period()
        world.prove(operator)
    yield "fail", world.gas(client, functions.fail(deal))


def ends(node: Node) -> Figures:
    """A deal prolonged and cut short; maintenance."""
    world = GasWorld(node)
    client, operator = people(world)
    deal = world.open(client, operator, MIB)
    functions = world.deals.functions
    for _ in range(3):
        world.next_period()
        world.prove(operator)
    end = world.record(deal).end
    yield "extend", world.gas(client, functions.extend(*world.extension(deal, end + 30)))
    for _ in range(world.parameters.limit):  # from then on what was proven has to be looked up
        world.next_period()
        world.prove(operator)
    yield "extend_unsettled", world.gas(client, functions.extend(*world.extension(deal, end + 40)))
    yield "terminate_operator", world.gas(operator, functions.terminate(deal.deal.as_tuple()))
    yield "terminate", world.gas(client, functions.terminate(deal.deal.as_tuple()))
    now = world.period()
    yield "maintain", world.gas(operator, functions.declare(operator, now + 1))
    yield "maintain_first", world.gas(operator, functions.declare(operator, now + 300))


def upkeep(node: Node) -> Figures:
    """The ring kept by its operator."""
    world = GasWorld(node)
    client, operator = people(world)
    opened = [world.open(client, operator, MIB, periods=3 if number < 3 else 300) for number in range(14)]
    opened.append(world.open(client, operator, MIB, periods=3))
    names = [(each.deal.root, each.deal.terms.hash()) for each in opened]
    for _ in range(3):
        world.next_period()
        world.prove(operator)
    functions = world.deals.functions
    yield "rotate_drop", world.gas(operator, functions.rotate(operator, names[:1]))
    yield "rotate_keep", world.gas(operator, functions.rotate(operator, names[1:4]))
    yield "rotate_10", world.gas(operator, functions.rotate(operator, names[4:14]))
    world.next_period()
    world.settle(opened[0])
    yield "clear", world.gas(operator, functions.clear([opened[0].deal.id()]))


def single_deals(node: Node) -> Figures:
    """Operators with one deal each, of every size."""
    world = GasWorld(node)
    client, *operators = world.accounts[1:5]
    world.fund(client)
    for operator in operators:
        world.join(operator, operator, stake=10**4 * WHOLE)
    world.next_period()
    for operator, tree in zip(operators, (MIB, GIB, GIB_8), strict=True):
        world.open(client, operator, tree)
    for key in ("_first", ""):
        world.next_period()
        for operator, size in zip(operators, ("1mib", "1gib", "8gib"), strict=True):
            yield f"prove_one_{size}{key}", world.prove(operator)["gasUsed"]


def small_proofs(node: Node) -> Figures:
    """Twenty deals of 1 MiB: five distinct ones shown, with and without holes."""
    world = GasWorld(node)
    client, operator = people(world)
    for number in range(20):
        world.open(client, operator, MIB, periods=12 if number % 4 == 0 else 300)
    world.next_period()
    yield "prove_small_first", world.prove_like(operator, holes=0, first=True)
    world.next_period()
    yield "prove_small", world.prove_like(operator, holes=0)
    for _ in range(12):  # until the fourth part has ended; unproven ones would be misses
        world.next_period()
        world.prove(operator)
    world.next_period()
    for holes in (1, 2):
        yield f"prove_small_{holes}_hole", world.prove_like(operator, holes)
        world.next_period()


def late_proof(node: Node) -> Figures:
    """A seed that is older than 256 blocks, from the history of EIP-2935."""
    parameters = replace(PARAMETERS, period=600, window=1_200)
    world = GasWorld(node, parameters)
    client, operator = people(world)
    for _ in range(20):
        world.open(client, operator, MIB)
    world.next_period()
    world.prove(operator)
    for _ in range(100):
        world.next_period()
        node.mine(300)
        proof = world.proof(operator)
        gas = world.gas(operator, world.deals.functions.prove(*proof.arguments))
        if (proof.holes, proof.shown) == (0, 5):
            yield "prove_small_late", gas
            return


def many_deals(node: Node) -> Figures:
    """A hundred and a thousand deals of 1 GiB."""
    world = GasWorld(node)
    client, operator = people(world)
    for more, key in ((100, "prove_100"), (900, "prove_1000")):
        world.open_many(client, operator, GIB, more)
        world.next_period()
        world.prove(operator)
        world.next_period()
        yield key, world.prove_like(operator, holes=0)


def large_deals(node: Node) -> Figures:
    """Twenty deals of 8 GiB, the largest there are."""
    world = GasWorld(node)
    client, operator = people(world)
    for _ in range(20):
        world.open(client, operator, GIB_8)
    world.next_period()
    world.prove(operator)
    world.next_period()
    yield "prove_8gib", world.prove_like(operator, holes=0)


def long_deals(node: Node) -> Figures:
    """300 periods at once, in two words of the bitmap: five missed, or the limit reached on the way."""
    world = GasWorld(node)
    client, operator = people(world)
    known = world.open(client, operator, MIB, periods=5)  # gives payee and client their first money
    stays, ends = (world.open(client, operator, MIB, periods=periods) for periods in (366, 300))
    for period in range(300):
        world.next_period()
        if period % 60 != 59 and period != 3:
            world.prove(operator)
        if period in (2, 6):
            world.settle(known)
    world.next_period()
    yield "settle_300", world.settle(stays)["gasUsed"]
    yield "settle_300_close", world.settle(ends)["gasUsed"]


QUICK: tuple[Play, ...] = (money, vouchers, stakers, slashed_delegators, deals, spot_checks, ends, upkeep)
SLOW: tuple[Play, ...] = (single_deals, small_proofs, large_deals, long_deals)
ONLY_ANVIL: tuple[Play, ...] = (late_proof, many_deals)
