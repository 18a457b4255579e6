"""Gyms and the treadmills that their staff registered."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Gym:
    """A gym; of the code by which members join, only the hash is kept."""

    gym_id: str
    name: str
    created_at_ms: int
    join_code_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredTreadmill:
    """A treadmill that staff added, with the name that people read on it."""

    treadmill: str
    name: str
    added_at_ms: int
