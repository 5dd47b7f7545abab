"""`xmbl pay signer`: hot keys that sign vouchers for the account, so that its own key can stay away."""

import click

from xmbl.cli.foresight import about
from xmbl.cli.frame import group, looking, sending
from xmbl.cli.output import Table
from xmbl.cli.sending import send
from xmbl.cli.session import Session
from xmbl.errors import UsageError


@group
def command() -> None:
    """Let hot keys sign vouchers for your account."""


@command.command()
@click.argument("signer")
@click.option(
    "--blocks",
    default=50_400,
    type=click.IntRange(1, 10**7),
    show_default=True,
    help="For how long from now.",
)
@sending
def authorize(session: Session, signer: str, blocks: int) -> None:
    """Let SIGNER, an address or a wallet's name, sign vouchers for the account.

    Whoever has its key can promise all that the account holds, to whom it likes.
    """
    target, payments = session.resolve(signer), session.payments()
    until = session.chain().block_number() + blocks
    known = payments.signer_until(session.address(), target)
    if until <= known:
        raise UsageError(f"{target} may sign until block {known} already; ask for more --blocks.")
    transactions = send(session, payments.authorize_signer(target, until))
    document = {"signer": target, "until": until, "transactions": transactions}
    session.out.result(document, f"{target} may sign vouchers until block {until}{about(session, until)}.")


@command.command()
@click.argument("signer")
@sending
def revoke(session: Session, signer: str) -> None:
    """Let SIGNER sign no more; what it signed before can be redeemed for a while yet."""
    target, payments = session.resolve(signer), session.payments()
    if payments.signer_until(session.address(), target) <= session.chain().block_number():
        raise UsageError(f"{target} may sign nothing as it is; `xmbl pay signer show` lists who may.")
    transactions = send(session, payments.revoke_signer(target))
    until = payments.signer_until(session.address(), target)
    document = {"signer": target, "until": until, "transactions": transactions}
    session.out.result(
        document, f"{target} may sign vouchers until block {until}{about(session, until)}, and then no more."
    )


@command.command()
@looking
def show(session: Session) -> None:
    """List the keys that may sign vouchers for the account."""
    from xmbl.chain.payments import SignerSet

    payments, me, block = session.payments(), session.address(), session.chain().block_number()
    known = {each.signer for each in payments.history(SignerSet, session.deployment().block, payer=me)}
    found = [(each, payments.signer_until(me, each)) for each in sorted(known)]
    live = [(signer, until) for signer, until in found if until > block]
    document = {"signers": [{"signer": signer, "until": until} for signer, until in live]}
    rows = [(signer, str(until)) for signer, until in live]
    session.out.result(document, Table(("SIGNER", "UNTIL BLOCK"), rows, "Only the account itself signs."))
