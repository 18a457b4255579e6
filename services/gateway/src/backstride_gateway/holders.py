"""Who holds each treadmill, with the names that those concerned agreed to have shown."""

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
        member = self._members.get(claim.member_id)
        if member is None:
            return ClaimView(claim, None)
        # simulated people have no privacy to lose; who else reads a name, the API decides
        is_shown = member.profile.is_name_shown or (self._is_demo and member.is_demo)
        return ClaimView(claim, member.profile.display_name if is_shown else None)
