"""Why a request is refused for who asks, whatever it asks for."""


class NotSignedInError(Exception):
    """Nobody, or somebody whose session or token is over."""


class CsrfError(Exception):
    """A change by cookie without the token of this session's pages."""


class NotAllowedError(Exception):
    """The caller may not do this, whatever it is done to."""


class ConditionMissingError(Exception):
    """A change that does not say which version it was made to."""


class DemonstrationError(Exception):
    """A demonstration has no accounts."""


class NoDemonstrationError(Exception):
    """Only a demonstration under a supervisor can do this."""


class NotConfirmedError(Exception):
    """Something that cannot be undone was asked for without the proof that it is meant."""
