"""Who holds each treadmill, and what of a member may be shown to everybody in the room."""

from backstride_gateway.domain.claiming import StoredClaim
from backstride_gateway.domain.live_view import ClaimView
from backstride_gateway.ports import Claims, Members


class Holders:
    """Looks up the latest claims with the names that may be shown."""

    def __init__(self, members: Members, claims: Claims, *, is_demo: bool) -> None:
        self._members = members
        self._claims = claims
        self._is_demo = is_demo

    def all(self) -> list[ClaimView]:
        """Return the latest claim of each treadmill.

        Raises:
            StoreUnavailableError: ask again later.

        """
        return [self._view(claim) for claim in self._claims.latest()]

    def of(self, treadmill: str) -> ClaimView | None:
        """Return the latest claim of a treadmill, None when it never had one.

        Raises:
            StoreUnavailableError: ask again later.

        """
        known = self._claims.of_treadmill(treadmill)
        if not known:
            return None
        return self._view(max(known, key=lambda claim: claim.claimed_at_ms))

    def _view(self, claim: StoredClaim) -> ClaimView:
        name = None
        if self._is_demo:
            member = self._members.get(claim.member_id)
            # simulated people have no privacy to lose; a member's name is shown to nobody
            name = member.profile.display_name if member is not None and member.is_demo else None
        return ClaimView(claim, name)
