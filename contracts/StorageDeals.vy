# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title StorageDeals
@license AGPL-3.0-only
@notice The market for kept bytes. A client opens a deal by terms that the operator's agent signed; once a
        period the operator proves five leaves that the hash of the period's first block draws from all its
        deals; whoever likes settles: proven periods are paid less the fee, missed ones are refunded, and at
        the close each miss costs a part of the collateral.

        Period p is the blocks [p·L, (p + 1)·L). With E(d, p) the earlier of d's stored end and one past its
        LIMIT-th miss before p, a deal is live in p iff first <= p < E(d, p). It holds that
        - the account of this contract in Payments is at least Σ open d: price·(end − cursor);
        - its lock on an operator in Staking is Σ open d of the operator: collateral;
        - paid + fees + refunded + price·(end − cursor) is what the client escrowed for d;
        - the places of an operator's deals in the ring of p are disjoint, those live in p are among them,
          and neither they nor E(d, p) change during p;
        - the sums of a deal don't depend on who settles it how often.

        Who may: a client opens by its operator's signed terms; anyone proves and settles for anyone, and
        clears what is over; operator and agent keep the ring; the operator sets its cap.
@custom:kill Nobody can stop it, change it or take from it. Deals end by their terms.
"""


from contracts.interfaces import IStorageDeals
from contracts.modules import bitmap
from contracts.modules import deal_hash
from contracts.modules import proof_tree
from contracts.modules import record
from contracts.modules import ring as rings_of
from snekmate.utils import block_hash
from snekmate.utils import ecdsa
from snekmate.utils import eip712_domain_separator as domain


implements: IStorageDeals
initializes: domain


interface Payments:
    def transfer_from(owner: address, to: address, amount: uint256): nonpayable
    def pay(
        first: address,
        first_amount: uint256,
        second: address,
        second_amount: uint256,
        third: address,
        third_amount: uint256,
    ): nonpayable


interface Staking:
    def lock(operator: address, units: uint256): nonpayable
    def unlock(operator: address, units: uint256): nonpayable
    def slash(operator: address, units: uint256, unlocked: uint256, beneficiary: address): nonpayable


interface NodeRegistry:
    def agent(operator: address) -> address: view
    def agent_and_payee(operator: address) -> (address, address): view


_LEAVES_DRAWN: constant(uint256) = 5
_DRAWS: constant(uint256) = 128
_MAX_PERIODS: constant(uint256) = 366
_MAX_WORDS_OF_DEAL: constant(uint256) = 3  # 366 periods lie in at most three words of a bitmap
_MAX_LEAVES: constant(uint256) = 2**25  # 8 GiB
_MAX_PRICE: constant(uint256) = 2**40 - 1
_MIN_NOTICE: constant(uint256) = 2  # periods
_MAX_NOTICE: constant(uint256) = 30
_STAKE_UNIT: constant(uint256) = 10**9  # wei
_BASIS: constant(uint256) = 10_000
_LOW_HALF: constant(uint256) = 2**128 - 1
_HISTORY: constant(address) = 0x0000F90827F1C53a10cb7A02335B175320002935  # EIP-2935


_PAYMENTS: immutable(Payments)
_STAKING: immutable(Staking)
_REGISTRY: immutable(NodeRegistry)
_PERIOD: immutable(uint256)
_PRICE_UNIT: immutable(uint256)
_RATE: immutable(uint256)
_COVER: immutable(uint256)
_LIMIT: immutable(uint256)
_FEE: immutable(uint256)


# operator -> word -> bit p & 255 of word p >> 8: period p is proven
proven: public(HashMap[address, HashMap[uint256, uint256]])


_deals: HashMap[bytes32, uint256]
_rings: HashMap[address, uint256]


@deploy
def __init__(
    payments: Payments, staking: Staking, registry: NodeRegistry, parameters: IStorageDeals.Parameters
):
    """
    @notice Freeze the market's numbers and the contracts that it trusts
    """
    domain.__init__("XMBL StorageDeals", "1")
    self._check_parameters(parameters)
    _PAYMENTS = payments
    _STAKING = staking
    _REGISTRY = registry
    _PERIOD = parameters.period
    _PRICE_UNIT = parameters.price_unit
    _RATE = parameters.rate
    _COVER = parameters.cover
    _LIMIT = parameters.limit
    _FEE = parameters.fee


# ------------------------------------------------------------------ the client


@external
def open(deal: IStorageDeals.Deal, signature: Bytes[65]) -> bytes32:
    """
    @notice Open a deal from the next period on: escrow its price for the whole term, lock its collateral
    @dev The caller is the client; it allowed this contract to take price·price_unit·(end − first) in Payments
    @param deal What the operator's agent signed
    @param signature The agent's over the typed data of `deal`, r || s || v
    @return The deal's id
    """
    terms: IStorageDeals.Terms = deal.terms
    now: uint256 = self._period()
    self._check_terms(terms, now)
    id: bytes32 = deal_hash._id_of(deal)
    self._check_signed(deal.operator, terms.payee, id, signature)
    assert self._deals[id] == 0, "deals: opened"
    start: uint256 = self._append(deal.operator, terms.price, now)
    self._deals[id] = record._new(start, terms.price, terms.leaves, now + 1, terms.end)
    extcall _PAYMENTS.transfer_from(msg.sender, self, terms.price * _PRICE_UNIT * (terms.end - now - 1))
    extcall _STAKING.lock(deal.operator, terms.collateral)
    log IStorageDeals.Opened(
        operator=deal.operator, client=msg.sender, id=id, root=deal.root, terms=terms, start=start
    )
    return id


# ------------------------------------------------------------------ anyone


@external
def prove(operator: address, plan: uint256, words: DynArray[bytes32, proof_tree.MAX_WORDS]):
    """
    @notice Prove the present period for all deals of an operator
    @param operator Whose deals
    @param plan Bit d: draw d falls in another deal than draw d − 1, and `words` names it
    @param words For each draw: root and hash(Terms) if its bit of `plan` is set; then, unless the deal is over,
           eight words of leaf and the path bottom up
    """
    now: uint256 = self._period()
    bits: uint256 = self.proven[operator][now >> 8]
    bit: uint256 = 1 << (now & 255)
    assert bits & bit == 0, "deals: proven"
    tail: uint256 = 0
    head: uint256 = 0
    tail, head = rings_of._frozen(self._rings[operator], now)
    assert head != tail, "deals: empty"
    seed: bytes32 = self._seed(operator, now)
    at: uint256 = 0
    left: uint256 = _LEAVES_DRAWN
    root: bytes32 = empty(bytes32)
    deal: uint256 = 0  # no deal: no position is in it
    start: uint256 = 0
    over: bool = False
    for draw: uint256 in range(_DRAWS):
        drawn: uint256 = convert(keccak256(concat(seed, convert(draw, bytes32))), uint256)
        if (plan >> draw) & 1 == 1:
            root = words[at]
            deal = self._deals[deal_hash._id(operator, root, words[at + 1])]
            start = record._start_in(deal, now)
            over = self._end(operator, deal, now) <= now
            at += 2
        position: uint256 = tail + (drawn & _LOW_HALF) % (head - tail)
        assert start <= position and position < start + record._price(deal), "deals: position"
        if over:
            continue
        node: bytes32 = empty(bytes32)
        leaves: uint256 = record._leaves(deal)
        node, at = proof_tree._climb(words, at, (drawn >> 128) % leaves, leaves)
        assert node == root, "deals: root"
        left -= 1
        if left == 0:
            break
    assert left == 0, "deals: draws"
    assert at == len(words), "deals: words"
    self.proven[operator][now >> 8] = bits | bit
    log IStorageDeals.Proven(operator=operator, period=now)


@external
def settle(deal: IStorageDeals.Deal):
    """
    @notice Pay the proven and refund the missed periods that are over; close the deal if none is left
    @param deal The deal as it was opened
    """
    id: bytes32 = deal_hash._id_of(deal)
    old: uint256 = self._deals[id]
    cursor: uint256 = record._cursor(old)
    assert cursor != 0, "deals: closed"
    end: uint256 = 0
    missed: uint256 = 0
    end, missed = self._tally(deal.operator, old, self._period())
    upto: uint256 = min(end, self._period())
    assert upto > cursor, "deals: nothing"
    closes: bool = upto == end
    self._deals[id] = record._advance(old, 0 if closes else upto, end, missed)
    lost: uint256 = missed - record._missed(old)
    self._pay(deal.terms, id, upto, upto - cursor - lost, lost + record._end(old) - end, missed)
    if closes:
        self._release(deal, id, missed)


@external
def clear(ids: DynArray[bytes32, 64]):
    """
    @notice Forget deals that are settled to the end and out of the ring of every period to come
    @param ids Theirs
    """
    now: uint256 = self._period()
    for id: bytes32 in ids:
        deal: uint256 = self._deals[id]
        assert record._start(deal) == record.NOWHERE and record._moved(deal) <= now, "deals: in the ring"
        assert record._cursor(deal) == 0, "deals: unsettled"
        self._deals[id] = 0
        log IStorageDeals.Cleared(id=id)


# ------------------------------------------------------------------ the operator


@external
def set_cap(cap: uint256):
    """
    @notice Set what the caller's ring may grow in a period: what a stolen agent key can sign away
    @param cap Price units; 0: nothing opens
    """
    assert cap <= _MAX_PRICE, "deals: cap"
    self._rings[msg.sender] = rings_of._with_cap(self._rings[msg.sender], cap)
    log IStorageDeals.CapSet(operator=msg.sender, cap=cap)


# ------------------------------------------------------------------ the operator or its agent


@external
def rotate(operator: address, names: DynArray[IStorageDeals.Name, 64]):
    """
    @notice Take deals from the tail of the ring: what lives on goes to the head, the rest leaves the ring
    @dev Counts from the next period on
    @param operator Whose ring
    @param names The deals as they lie, from the tail on
    """
    self._check_keeper(operator)
    now: uint256 = self._period()
    tail: uint256 = 0
    head: uint256 = 0
    tail, head = rings_of._bounds(self._rings[operator])
    for name: IStorageDeals.Name in names:
        id: bytes32 = deal_hash._id(operator, name.root, name.terms)
        deal: uint256 = self._deals[id]
        assert deal != 0 and record._start(deal) == tail, "deals: tail"
        tail += record._price(deal)
        if self._end(operator, deal, now) > now + 1:
            self._deals[id] = record._move(deal, now, head)
            head += record._price(deal)
        else:
            self._deals[id] = record._move(deal, now, record.NOWHERE)
    self._set_bounds(operator, now, tail, head)
    log IStorageDeals.Rotated(operator=operator, tail=tail, head=head)


@external
def truncate(operator: address, name: IStorageDeals.Name):
    """
    @notice Cut a deal that doesn't live on off the head's end of the ring
    @dev Counts from the next period on
    @param operator Whose ring
    @param name The deal that lies last
    """
    self._check_keeper(operator)
    now: uint256 = self._period()
    tail: uint256 = 0
    head: uint256 = 0
    tail, head = rings_of._bounds(self._rings[operator])
    id: bytes32 = deal_hash._id(operator, name.root, name.terms)
    deal: uint256 = self._deals[id]
    start: uint256 = record._start(deal)
    assert deal != 0 and start + record._price(deal) == head, "deals: head"
    assert self._end(operator, deal, now) <= now + 1, "deals: live"
    self._deals[id] = record._move(deal, now, record.NOWHERE)
    self._set_bounds(operator, now, tail, start)
    log IStorageDeals.Truncated(operator=operator, id=id, head=start)


# ------------------------------------------------------------------ views


@external
@view
def parameters() -> IStorageDeals.Parameters:
    """
    @notice The market's numbers
    """
    return IStorageDeals.Parameters(
        period=_PERIOD, price_unit=_PRICE_UNIT, rate=_RATE, cover=_COVER, limit=_LIMIT, fee=_FEE
    )


@external
@view
def period() -> uint256:
    """
    @notice The present period
    """
    return self._period()


@external
@view
def deal(id: bytes32) -> IStorageDeals.Record:
    """
    @notice What is kept of a deal; all zero if there is none
    """
    return record._unpack(self._deals[id])


@external
@view
def ring(operator: address) -> IStorageDeals.Ring:
    """
    @notice Where the operator's deals lie, and its cap
    """
    return rings_of._unpack(self._rings[operator])


@external
@view
def id_of(deal: IStorageDeals.Deal) -> bytes32:
    """
    @notice The id of a deal: its EIP-712 struct hash
    """
    return deal_hash._id_of(deal)


# ------------------------------------------------------------------ periods and seeds


@internal
@view
def _period() -> uint256:
    return unsafe_div(block.number, _PERIOD)  # the constructor refused 0


@internal
@view
def _seed(operator: address, period: uint256) -> bytes32:
    hash: bytes32 = block_hash._block_hash(period * _PERIOD)
    # zero where the chain can't tell: before the block is over, or without history
    assert hash != empty(bytes32), "deals: seed"
    return keccak256(concat(hash, convert(operator, bytes32)))


@internal
@view
def _end(operator: address, deal: uint256, period: uint256) -> uint256:
    """
    @notice E(deal, period); `period` is the present one
    """
    end: uint256 = 0
    missed: uint256 = 0
    end, missed = self._tally(operator, deal, period)
    return end


@internal
@view
def _tally(operator: address, deal: uint256, period: uint256) -> (uint256, uint256):
    """
    @notice E(deal, period) and the misses before it, as far as the periods before `period` tell
    @dev The only place that says when a deal is over. Bits before the present period never change
    """
    end: uint256 = record._end(deal)
    missed: uint256 = record._missed(deal)
    at: uint256 = record._cursor(deal)
    upto: uint256 = min(end, period)
    if at == 0:
        return end, missed
    for _: uint256 in range(_MAX_WORDS_OF_DEAL):
        if at >= upto:
            break
        count: uint256 = min(upto - at, 256 - (at & 255))
        gaps: uint256 = bitmap._run(at & 255, count) & ~self.proven[operator][at >> 8]
        found: uint256 = bitmap._count(gaps)
        if missed + found >= _LIMIT:
            return (at & ~convert(255, uint256)) + bitmap._nth(gaps, _LIMIT - missed) + 1, _LIMIT
        missed += found
        at += count
    return end, missed


# ------------------------------------------------------------------ the ring


@internal
def _append(operator: address, price: uint256, period: uint256) -> uint256:
    """
    @notice Lengthen the ring from the next period on by a deal's price
    @return Where the deal starts
    """
    tail: uint256 = 0
    head: uint256 = 0
    frozen_tail: uint256 = 0
    frozen_head: uint256 = 0
    ring: uint256 = self._rings[operator]
    tail, head = rings_of._bounds(ring)
    frozen_tail, frozen_head = rings_of._frozen(ring, period)
    assert head + price - tail <= frozen_head - frozen_tail + rings_of._cap(ring), "deals: cap"
    self._rings[operator] = rings_of._with_bounds(ring, period, tail, head + price)
    return head


@internal
def _set_bounds(operator: address, period: uint256, tail: uint256, head: uint256):
    self._rings[operator] = rings_of._with_bounds(self._rings[operator], period, tail, head)


# ------------------------------------------------------------------ money


@internal
def _pay(
    terms: IStorageDeals.Terms, id: bytes32, upto: uint256, paid: uint256, refunded: uint256, missed: uint256
):
    """
    @notice Pay `paid` periods less the fee, refund `refunded` ones
    """
    price: uint256 = terms.price * _PRICE_UNIT
    # rounded up for each period, so that the sum doesn't depend on how many are settled at once
    fee: uint256 = (price * _FEE + _BASIS - 1) // _BASIS * paid
    income: uint256 = price * paid - fee
    refund: uint256 = price * refunded
    extcall _PAYMENTS.pay(terms.payee, income, terms.client, refund, _STAKING.address, fee)
    log IStorageDeals.Settled(
        id=id, cursor=upto, paid=income, fee=fee, refunded=refund, missed=missed
    )


@internal
def _release(deal: IStorageDeals.Deal, id: bytes32, missed: uint256):
    """
    @notice Slash the collateral's part for each miss, unlock the rest; missed <= LIMIT, so it never lacks
    """
    penalty: uint256 = deal.terms.collateral // _LIMIT * missed
    rest: uint256 = deal.terms.collateral - penalty
    if penalty == 0:
        extcall _STAKING.unlock(deal.operator, rest)
    else:
        extcall _STAKING.slash(deal.operator, penalty, rest, deal.terms.client)
    log IStorageDeals.Closed(id=id, slashed=penalty, unlocked=rest)


# ------------------------------------------------------------------ guards


@internal
@view
def _check_parameters(parameters: IStorageDeals.Parameters):
    readable: bool = parameters.period <= 256 or (parameters.period <= 8_000 and _HISTORY.codesize != 0)
    assert parameters.period >= 2 and readable, "deals: period"
    assert parameters.limit >= 2 and parameters.limit <= 15, "deals: limit"
    assert parameters.fee <= _BASIS, "deals: fee"
    cover: uint256 = parameters.cover * parameters.price_unit * parameters.rate
    # a whole number of units, and a miss of the cheapest deal costs at least one
    assert cover % _STAKE_UNIT == 0 and cover // _STAKE_UNIT >= parameters.limit, "deals: cover"


@internal
@view
def _check_terms(terms: IStorageDeals.Terms, period: uint256):
    assert terms.client == msg.sender, "deals: client"
    assert terms.leaves != 0 and terms.leaves <= _MAX_LEAVES, "deals: leaves"
    assert terms.price != 0 and terms.price <= _MAX_PRICE, "deals: price"
    first: uint256 = period + 1
    assert terms.end > first and terms.end <= min(first + _MAX_PERIODS, rings_of.LAST_PERIOD), "deals: end"
    # records outlive the deadline, so terms open once
    assert block.number <= terms.deadline and terms.deadline < (first + 1) * _PERIOD, "deals: deadline"
    assert self._is_notice(terms.client_notice) and self._is_notice(terms.operator_notice), "deals: notice"
    assert terms.exit <= _LIMIT, "deals: exit"
    least: uint256 = _COVER * terms.price * _PRICE_UNIT * _RATE // _STAKE_UNIT
    assert terms.collateral >= least and terms.collateral <= 2 * least, "deals: collateral"


@internal
@pure
def _is_notice(periods: uint256) -> bool:
    return periods >= _MIN_NOTICE and periods <= _MAX_NOTICE


@internal
@view
def _check_signed(operator: address, payee: address, id: bytes32, signature: Bytes[65]):
    agent: address = empty(address)
    current_payee: address = empty(address)
    agent, current_payee = staticcall _REGISTRY.agent_and_payee(operator)
    assert payee == current_payee, "deals: payee"
    # an operator without an agent has signed nothing, whatever a malformed signature recovers to
    assert agent != empty(address), "deals: agent"
    assert ecdsa._recover_sig(domain._hash_typed_data_v4(id), signature) == agent, "deals: signature"


@internal
@view
def _check_keeper(operator: address):
    # a stranger could spend the ring's positions by turning it
    if msg.sender != operator:
        assert msg.sender == staticcall _REGISTRY.agent(operator), "deals: sender"
