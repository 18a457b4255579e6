"""The answer to whoever claims, takes over or releases."""

from backstride_gateway.api.member_models import ClaimAnswer
from backstride_gateway.api.services import Services
from backstride_gateway.domain.claiming import StoredClaim


def claim_answer(services: Services, claim: StoredClaim) -> ClaimAnswer:
    """Return a claim as the API tells it, with whether its member is to read the precautions."""
    return ClaimAnswer.of(claim, precautions_due=services.member_body.is_due(claim.member_id))
