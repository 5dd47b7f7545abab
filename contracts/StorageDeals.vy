# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title StorageDeals
@license AGPL-3.0-only
@notice The market for kept bytes. A client opens a deal on terms that the operator's agent signed. Once a
        period the operator proves five leaves, which the hash of the period's first block draws from all
        its deals at once. Whoever likes settles: proven periods are paid less the fee, missed ones are
        refunded, and at the close each miss costs a part of the collateral.
        Who may: a client opens what was signed for it; anyone proves, settles and clears for anyone; operator
        and agent keep the ring; the operator alone sets its cap.
        Nobody can stop it: there is no owner, no pause and no parameter to set.
@dev Period p is the blocks [p·L, (p + 1)·L). E(d, p) is the earlier of d's stored end and one past its
     LIMIT-th miss before p; d lives in p if first <= p < E(d, p). Invariants:
       Payments.balance_of(self) >= sum over open d of price·(end − cursor), equal without gifts
       Staking.lock_of(operator, self).locked = sum over open d of the operator of collateral
       paid + fees + refunded + price·(end − cursor) of d = what its client escrowed
       the places of an operator's deals in the ring of p are disjoint, and all that live in p are there
       neither these places nor E(d, p) change during p; what d pays doesn't depend on who settles when
"""


from contracts.interfaces import IStorageDeals
implements: IStorageDeals


from contracts.modules import attendance
initializes: attendance
from contracts.modules import lifetime
initializes: lifetime[attendance := attendance]
from contracts.modules import records
initializes: records
from contracts.modules import rings
initializes: rings
from contracts.modules import agents
from contracts.modules import deal_terms
from contracts.modules import proof_tree
from contracts.modules import seeds
from snekmate.utils import eip712_domain_separator as domain
initializes: domain


exports: (attendance.proven, records.deal, rings.ring)


interface Payments:
    def transfer_from(owner: address, to: address, amount: uint256): nonpayable
    def pay(a: address, to_a: uint256, b: address, to_b: uint256, c: address, to_c: uint256): nonpayable


interface Staking:
    def lock(operator: address, units: uint256): nonpayable
    def slash(operator: address, units: uint256, unlocked: uint256, beneficiary: address): nonpayable


_LEAVES: constant(uint256) = 5  # proven a period
_DRAWS: constant(uint256) = 128  # with those that fall in holes
_STAKE_UNIT: constant(uint256) = 10**9  # wei
_BASIS: constant(uint256) = 10_000
_LOW_HALF: constant(uint256) = 2**128 - 1


_PAYMENTS: immutable(Payments)
_STAKING: immutable(Staking)
_REGISTRY: immutable(agents.NodeRegistry)
_PARAMETERS: immutable(IStorageDeals.Parameters)
_LEAST: immutable(uint256)  # units of collateral for a price of 1


# Where a named deal lies in the ring of the present period.
struct Place:
    start: uint256
    stop: uint256
    leaves: uint256
    root: bytes32
    over: bool
    spared: bool


@deploy
def __init__(
    payments: Payments, staking: Staking, registry: agents.NodeRegistry, parameters: IStorageDeals.Parameters
):
    """
    @notice Freezes the market's numbers and the contracts that it relies on.
    @param payments Where the money rests.
    @param staking Where the collateral rests; the fees are its income.
    @param registry Who signs for an operator and who is paid for it.
    @param parameters The numbers.
    """
    least: uint256 = parameters.cover * parameters.price_unit * parameters.rate
    assert parameters.period >= 2 and seeds._is_readable(parameters.period), "deals: period"
    assert parameters.limit >= 2 and parameters.limit <= 15, "deals: limit"
    assert parameters.fee <= _BASIS, "deals: fee"
    # whole units, and enough of them that a miss of the cheapest deal costs one
    assert least % _STAKE_UNIT == 0 and least // _STAKE_UNIT >= parameters.limit, "deals: cover"
    domain.__init__("XMBL StorageDeals", "1")
    _PAYMENTS = payments
    _STAKING = staking
    _REGISTRY = registry
    _PARAMETERS = parameters
    _LEAST = least // _STAKE_UNIT


# The client


@external
def open(deal: IStorageDeals.Deal, signature: Bytes[65]) -> bytes32:
    """
    @notice Opens a deal from the next period on: takes its price for the whole term out of the caller's
            account in Payments, which has allowed it, and locks the operator's collateral.
    @param deal What the operator's agent signed for the caller.
    @param signature The agent's signature of its typed data, r || s || v.
    @return bytes32 The deal's id.
    """
    now: uint256 = self._period()
    terms: IStorageDeals.Terms = deal.terms
    assert terms.client == msg.sender, "deals: client"
    deal_terms._check(terms, now, _PARAMETERS.period, _PARAMETERS.limit, _LEAST)
    id: bytes32 = deal_terms._id_of(deal)
    digest: bytes32 = domain._hash_typed_data_v4(id)
    agents._check_signed(_REGISTRY, deal.operator, terms.payee, digest, signature)
    assert records.words[id] == 0, "deals: opened"
    old: uint256 = rings.words[deal.operator]
    start: uint256 = rings._head(old)
    rings.words[deal.operator] = rings._longer(old, now, terms.price)
    records.words[id] = records._new(start, terms.price, terms.leaves, now + 1, terms.end)
    escrow: uint256 = terms.price * _PARAMETERS.price_unit * (terms.end - now - 1)
    extcall _PAYMENTS.transfer_from(msg.sender, self, escrow)
    extcall _STAKING.lock(deal.operator, terms.collateral)
    log IStorageDeals.Opened(
        operator=deal.operator, client=msg.sender, id=id, root=deal.root, terms=terms, start=start
    )
    return id


# Anyone


@external
def prove(operator: address, plan: uint256, words: DynArray[bytes32, proof_tree.MAX_WORDS]):
    """
    @notice Proves the present period for all deals of an operator. Draws that fall in a deal that is over
            are passed by naming it; five others show their leaf.
    @param operator Whose deals.
    @param plan Bit d: draw d falls in another deal than the draw before it; bit 128 + d: draw d shows its
           leaf although its deal is over, which the last of its misses allows for one period.
    @param words Draw by draw: root and hash of terms if its bit of `plan` is set, then, unless the deal is
           over, eight words of leaf and the path bottom up.
    """
    now: uint256 = self._period()
    attendance._mark(operator, now)
    frozen: uint256 = rings._frozen(rings.words[operator], now)
    tail: uint256 = rings._tail(frozen)
    length: uint256 = unsafe_sub(rings._head(frozen), tail)  # no head is below its tail
    assert length != 0, "deals: empty"
    seed: bytes32 = seeds._seed(now * _PARAMETERS.period, operator)
    place: Place = empty(Place)  # no position is in it
    at: uint256 = 0
    left: uint256 = _LEAVES
    for number: uint256 in range(_DRAWS):
        draw: uint256 = seeds._draw(seed, number)
        if (plan >> number) & 1 != 0:
            # no index that `words` has is near an overflow, nor is a position
            place = self._place(operator, words[at], words[unsafe_add(at, 1)], now)
            at = unsafe_add(at, 2)
        position: uint256 = unsafe_add(tail, (draw & _LOW_HALF) % length)
        assert place.start <= position and position < place.stop, "deals: position"
        if place.over and not (place.spared and (plan >> unsafe_add(number, _DRAWS)) & 1 == 1):
            continue
        root: bytes32 = empty(bytes32)
        root, at = proof_tree._climb(words, at, (draw >> 128) % place.leaves, place.leaves)
        assert root == place.root, "deals: root"
        left = unsafe_sub(left, 1)
        if left == 0:
            break
    assert left == 0, "deals: draws"
    assert at == len(words), "deals: words"
    log IStorageDeals.Proven(operator=operator, period=now)


@external
def settle(deal: IStorageDeals.Deal):
    """
    @notice Pays the proven and refunds the missed periods that are over, and closes what is at its end.
    @param deal The deal as it was opened.
    """
    now: uint256 = self._period()
    id: bytes32 = deal_terms._id_of(deal)
    old: uint256 = records.words[id]
    cursor: uint256 = records._cursor(old)
    assert cursor != 0, "deals: closed"
    missed: uint256 = 0
    end: uint256 = 0
    missed, end = lifetime._tally(deal.operator, old, now, _PARAMETERS.limit)
    upto: uint256 = min(end, now)
    assert upto > cursor, "deals: nothing"
    closed: bool = upto == end
    records.words[id] = records._settled(old, 0 if closed else upto, end, missed)
    # misses don't fall, and there are at most as many new ones as periods; `end` never rises
    lost: uint256 = unsafe_sub(missed, records._missed(old))
    proven: uint256 = unsafe_sub(unsafe_sub(upto, cursor), lost)
    unproven: uint256 = unsafe_add(lost, unsafe_sub(records._end(old), end))
    self._pay(deal.terms, id, upto, proven, unproven, missed)
    if closed:
        self._release(deal.operator, deal.terms.client, deal.terms.collateral, id, missed)


@external
def clear(ids: DynArray[bytes32, 64]):
    """
    @notice Forgets deals that are closed and in the ring of no coming period.
    @param ids The deals.
    """
    now: uint256 = self._period()
    for id: bytes32 in ids:
        word: uint256 = records.words[id]
        if word != 0:  # else somebody was first
            assert records._start(word) == records.NOWHERE and records._moved(word) <= now, "deals: in the ring"
            assert records._cursor(word) == 0, "deals: unsettled"
            records.words[id] = 0
            log IStorageDeals.Cleared(id=id)


# The operator


@external
def set_cap(cap: uint256):
    """
    @notice Sets by how much the caller's ring may outgrow what it was at a period's first block.
    @param cap Price units, below 2^40; 0 opens nothing.
    """
    assert cap <= deal_terms.MAX_PRICE, "deals: cap"
    rings.words[msg.sender] = rings._with_cap(rings.words[msg.sender], cap)
    log IStorageDeals.CapSet(operator=msg.sender, cap=cap)


# The operator or its agent


@external
def rotate(operator: address, names: DynArray[IStorageDeals.Name, 64]):
    """
    @notice Takes deals from the tail of the ring, from the next period on: what still lives then goes to
            the head, the rest leaves.
    @param operator Whose ring.
    @param names The deals as they lie.
    """
    agents._check_keeper(_REGISTRY, operator)
    now: uint256 = self._period()
    old: uint256 = rings.words[operator]
    tail: uint256 = rings._tail(old)
    head: uint256 = rings._head(old)
    for name: IStorageDeals.Name in names:
        id: bytes32 = deal_terms._id(operator, name.root, name.terms)
        word: uint256 = records.words[id]
        assert word != 0 and records._start(word) == tail, "deals: tail"
        tail += records._price(word)
        if lifetime._lives_on(operator, word, now, _PARAMETERS.limit):
            records.words[id] = records._moved_to(word, now, head)
            head += records._price(word)
        else:
            records.words[id] = records._moved_to(word, now, records.NOWHERE)
    new: uint256 = rings._with_bounds(old, now, tail, head)
    rings.words[operator] = new
    log IStorageDeals.Rotated(operator=operator, tail=rings._tail(new), head=rings._head(new))


@external
def truncate(operator: address, name: IStorageDeals.Name):
    """
    @notice Cuts a deal that doesn't live in the next period off the ring's head, from then on.
    @param operator Whose ring.
    @param name The last deal.
    """
    agents._check_keeper(_REGISTRY, operator)
    now: uint256 = self._period()
    old: uint256 = rings.words[operator]
    id: bytes32 = deal_terms._id(operator, name.root, name.terms)
    word: uint256 = records.words[id]
    start: uint256 = records._start(word)
    assert word != 0 and start + records._price(word) == rings._head(old), "deals: head"
    assert not lifetime._lives_on(operator, word, now, _PARAMETERS.limit), "deals: live"
    records.words[id] = records._moved_to(word, now, records.NOWHERE)
    new: uint256 = rings._with_bounds(old, now, rings._tail(old), start)
    rings.words[operator] = new
    log IStorageDeals.Truncated(operator=operator, id=id, head=rings._head(new))


# Views


@external
@view
@reentrant
def parameters() -> IStorageDeals.Parameters:
    """
    @notice The market's numbers.
    @return Parameters The numbers.
    """
    return _PARAMETERS


@external
@view
@reentrant
def period() -> uint256:
    """
    @notice The present period.
    @return uint256 Its number.
    """
    return self._period()


@external
@view
@reentrant
def id_of(deal: IStorageDeals.Deal) -> bytes32:
    """
    @notice The id of a deal.
    @param deal The deal.
    @return bytes32 The EIP-712 struct hash.
    """
    return deal_terms._id_of(deal)


# Time and place


@internal
@view
def _period() -> uint256:
    """
    @notice The present period.
    @return uint256 Its number.
    """
    return unsafe_div(block.number, _PARAMETERS.period)  # at least 2, as the constructor saw to


@internal
@view
def _place(operator: address, root: bytes32, terms: bytes32, period: uint256) -> Place:
    """
    @notice Where a deal lies in the ring of the present period, and whether it is a hole there.
    @param operator The deal's operator.
    @param root The root of its bytes.
    @param terms The hash of its terms.
    @param period The present period.
    @return Place Its place; a deal that isn't there covers no position.
    """
    word: uint256 = records.words[deal_terms._id(operator, root, terms)]
    start: uint256 = records._start_in(word, period)
    stop: uint256 = unsafe_add(start, records._price(word))  # below 2^49
    over: bool = False
    spared: bool = False
    over, spared = lifetime._standing(operator, word, period, _PARAMETERS.limit)
    return Place(start=start, stop=stop, leaves=records._leaves(word), root=root, over=over, spared=spared)


# Money


@internal
def _pay(
    terms: IStorageDeals.Terms, id: bytes32, upto: uint256, paid: uint256, refunded: uint256, missed: uint256
):
    """
    @notice Pays and refunds periods of a deal.
    @param terms The deal's terms.
    @param id The deal.
    @param upto The first period that isn't settled now.
    @param paid How many periods were proven.
    @param refunded How many weren't, or won't be.
    @param missed The deal's misses so far.
    """
    price: uint256 = terms.price * _PARAMETERS.price_unit
    # rounded for each period: else the sum would depend on how many are settled at once
    fee: uint256 = (price * _PARAMETERS.fee + _BASIS - 1) // _BASIS * paid
    income: uint256 = price * paid - fee
    refund: uint256 = price * refunded
    extcall _PAYMENTS.pay(terms.payee, income, terms.client, refund, _STAKING.address, fee)
    log IStorageDeals.Settled(id=id, cursor=upto, paid=income, fee=fee, refunded=refund, missed=missed)


@internal
def _release(operator: address, client: address, collateral: uint256, id: bytes32, missed: uint256):
    """
    @notice Slashes a part of the collateral for each miss and unlocks the rest.
    @param operator The deal's operator.
    @param client The deal's client.
    @param collateral What was locked, in units.
    @param id The deal.
    @param missed Its misses; at most LIMIT, so the collateral suffices.
    """
    penalty: uint256 = collateral // _PARAMETERS.limit * missed
    extcall _STAKING.slash(operator, penalty, collateral - penalty, client)
    log IStorageDeals.Closed(id=id, slashed=penalty, unlocked=collateral - penalty)

