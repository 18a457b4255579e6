"""What the gateway answers to a console's claim, where no gateway is."""

import msgspec

from backstride_shared.messages import ClaimAnswerMessage, ConsoleClaimMessage, json_encoder

_decoder = msgspec.json.Decoder(ConsoleClaimMessage)


def answer_to(payload: bytes) -> bytes:
    """Return the answer that takes a claim or a release."""
    claim = _decoder.decode(payload)
    return json_encoder.encode(
        ClaimAnswerMessage(
            console_claim_id=claim.console_claim_id,
            action=claim.action,
            outcome="claimed" if claim.action == "claim" else "released",
        )
    )
