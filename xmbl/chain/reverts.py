"""Why a contract refused: its own text, and what that means to a person."""

from eth_abi import decode
from eth_abi.exceptions import DecodingError

from xmbl.errors import Reverted

_ERROR = bytes.fromhex("08c379a0")  # Error(string)

_MEANING = {
    "erc20: transfer amount exceeds balance": "The account holds too few tokens; see `xmbl wallet balance`.",
    "erc20: insufficient allowance": "The token's allowance is too small; approve the amount first.",
    "payments: balance": "The account in Payments holds too little that is free; see `xmbl pay deposit`.",
    "payments: allowance": "The allowance in Payments is too small; raise it with `xmbl pay approve`.",
    "payments: transfer": "The token refused to move; check its balance and its allowance for Payments.",
    "payments: amount": "The token moved another amount than was asked; Payments can't work with it.",
    "payments: full": "Payments can't hold more of this token.",
    "payments: zero address": "The zero address can't have an account; check the address.",
    "payments: nothing": "It brings nothing: all was paid before, or nothing is there or reserved.",
    "payments: delay": "The delay of revoked signers is fewer than 2^32 blocks.",
    "payments: until": "A block to last until is below 2^64; choose a nearer one.",
    "payments: reserved": "The money is promised to its payee until the lane's block; wait for it.",
    "payments: sender": "Only the payer and the payee may end a lane.",
    "payments: expired": "The voucher is past its expiry; ask the payer for a new one.",
    "payments: signature": "No signature of the account's fits this; ask for one anew.",
    "payments: signer": "Neither the payer nor a live signer signed this for the payee; ask for another.",
    "payments: deadline": "The signed approval is past its deadline; ask for a new one.",
    "payments: recipients": "The recipients of a split strictly ascend by address; sort them.",
    "payments: weights": "A split has one weight of at least 1 for each recipient, 1,000,000 in all.",
    "staking: nothing": "There is nothing to move.",
    "staking: units": "Stake counts in whole units of 10^9 wei; round the amount.",
    "staking: transfer": "The token refused to move; check its balance and its allowance for Staking.",
    "staking: stake": "The operator has too little free stake; add some with `xmbl stake add`.",
    "staking: thawing": "It hasn't thawed yet; `xmbl stake show` tells when it will have.",
    "staking: thaw": "Stake thaws for seven blocks or more.",
    "staking: lapsed": "The time to withdraw what had thawed is over; let it thaw again, for 0 more.",
    "staking: locked": "That stake is the collateral of deals; it is free again when they have closed.",
    "staking: leverage": "The operator's own stake carries no more locks; add some with `xmbl stake add`.",
    "staking: commission": "A commission is at most 10,000 basis points; once set it can only be lowered.",
    "staking: operator": "Nobody can delegate there: this operator never staked; check its address.",
    "staking: closed": "Slashes left this operator's delegators too little to join them; choose another.",
    "staking: shares": "You don't have so many shares that don't thaw yet; see `xmbl stake show`.",
    "staking: sender": "Only the delegator and its operator may claim these fees.",
    "staking: limit": "The operator lets this market lock less; raise it with `xmbl stake authorize`.",
    "staking: market": "That contract is no market of this Staking; check its address.",
    "staking: supply": "The token's supply is too large for Staking.",
    "registry: agent": "An agent can't be the zero address; name the account that acts for the operator.",
    "registry: unknown": "This operator isn't registered; begin with `xmbl node register`.",
    "registry: sender": "Only the operator and its agent may do this.",
    "deals: agent": "This operator isn't registered; choose another.",
    "deals: begun": "Maintenance is declared before its period begins; choose a later one.",
    "deals: cap": "The operator takes no more deals this period; try the next, or another operator.",
    "deals: challenge": "No challenge is open on this deal.",
    "deals: challenged": "A challenge is open on this deal already; wait until it has ended.",
    "deals: client": "Only the client named in the terms can do this.",
    "deals: closed": "This deal is closed, or was never opened.",
    "deals: collateral": "The collateral lies outside of what the market allows for this price.",
    "deals: contracts": "There is no contract at the address of Payments or Staking.",
    "deals: cover": "The cover isn't a whole number of stake units, or too small for the limit of misses.",
    "deals: deadline": "What the operator signed is too old or too far ahead; ask it again.",
    "deals: declared": "The operator declared this period for maintenance; choose another.",
    "deals: draws": "The words don't prove five leaves; prepare the proof again.",
    "deals: early": "There is still time to show the leaf; nobody can complain before it is over.",
    "deals: empty": "The operator had no deals when this period began, so there is nothing to prove.",
    "deals: end": "The deal's end lies outside of what the market allows; ask for new terms.",
    "deals: exit": "The terms' exit price is above the market's limit of misses.",
    "deals: exited": "The operator is leaving this deal, so it can't be extended; open another.",
    "deals: fee": "A fee is at most 10,000 basis points.",
    "deals: head": "That deal doesn't lie at the head of the ring.",
    "deals: in the ring": "That deal still lies in the ring; it has to be rotated out first.",
    "deals: late": "The time to show the leaf is over.",
    "deals: leaf": "The deal has no such leaf; they count from 0.",
    "deals: leaves": "A deal has 1 to 2^25 leaves; split the file into several deals.",
    "deals: limit": "A limit of misses is 2 to 15.",
    "deals: live": "That deal still lives, so it stays in the ring.",
    "deals: maintenance": "At most 2 of the 32 periods from a multiple of 32 on can be declared.",
    "deals: moved": "That deal was moved in this period already; try in the next.",
    "deals: not live": "That deal hasn't begun yet, or is over.",
    "deals: nothing": "No period has ended since the last settlement.",
    "deals: notice": "Notices are 2 to 30 periods.",
    "deals: opened": "These terms were opened already.",
    "deals: out of the ring": "That deal has left the operator's ring, so it can't go on; open another.",
    "deals: party": "Only the deal's client and its operator can end it early; an agent can't.",
    "deals: payee": "The operator is paid elsewhere now; ask it for new terms.",
    "deals: period": "A period is 2 to 256 blocks, or to 8,000 where the chain keeps old block hashes.",
    "deals: position": "The proof names another deal than the one that was drawn; prepare it again.",
    "deals: price": "A price is 1 to 2^40 price units a period.",
    "deals: proven": "This period is proven already.",
    "deals: ring": "The ring is full until deals have left it.",
    "deals: root": "The leaf doesn't belong to the deal's root: the bytes or the tree are damaged.",
    "deals: seed": "The period's first block is too new or too old for its hash to be read.",
    "deals: sender": "Only the operator and its agent may do this.",
    "deals: signature": "The operator's agent didn't sign this; ask the operator again.",
    "deals: sooner": "That deal ends no later than a notice given now; let it end.",
    "deals: tail": "That deal doesn't lie at the tail of the ring.",
    "deals: unsettled": "That deal has periods to settle; settle it first.",
    "deals: window": "The window for an answer is at least two periods.",
    "deals: words": "The proof has words too many; prepare it again.",
}
"""What each refusal of our contracts means; a test holds it against the contracts' sources."""


def reason_of(output: bytes) -> str:
    """The text that a contract reverted with; empty where it gave none."""
    if output[:4] != _ERROR:
        return ""
    try:
        return str(decode(["string"], output[4:])[0])
    except DecodingError:
        return ""


def reverted(reason: str, sentence: str = "") -> Reverted:
    """The error for a refusal: what was wanted, what the contract means, and its own words."""
    what = f"Refused: {sentence}" if sentence else "The contract refused."
    if not reason:
        return Reverted(f"{what} It gave no reason: out of gas, an overflow, or no contract there.")
    meaning = _MEANING.get(reason)
    return Reverted(f"{what} {meaning} ({reason})" if meaning else f"{what} Its reason: {reason}.", reason)
