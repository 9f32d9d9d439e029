"""From posts and places to grants, anew at each use, so that a boundary reform rewrites no row."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Protocol

from lanh.core.access import (
    Access,
    AllOf,
    AnyOf,
    CommuneIn,
    CustodianIn,
    Everything,
    Grant,
    NoPatient,
    PatientIn,
    Predicate,
    Purpose,
    ResidenceIn,
    Scope,
    Subject,
    grants_for_client,
    negotiate,
    simplify,
)
from lanh.core.accounts.clients import Client
from lanh.core.accounts.people import Account, Post
from lanh.core.accounts.roles import Right, Role, Roles, Sight


class Places(Protocol):
    """Dated geography (filled by the nation's places)."""

    def communes_of(self, area: str, on: date) -> frozenset[str]:
        """The codes of every commune in the area of a province or commune code as its borders
        ran `on` that day: those in force then and those that they replaced, since a row keeps
        the code of its own time. An unknown area has none."""


def access_for(
    account: Account,
    on: date,
    purpose: Purpose | None,
    places: Places,
    roles: Roles,
    own_patients: Collection[str] = (),
) -> Access:
    """What a signed-in person may do on a day, for a purpose.

    A post counts while it is held, and only where its role may act for the purpose; `purpose`
    None is the first purpose of the first post. `own_patients` are the source Patients of the
    account's Person, for roles that see what is the person's own. An inactive account, or one
    without a post on that day, may do nothing.
    """
    held = [
        (post, roles[post.role])
        for post in account.posts
        if account.active and post.role in roles and post.holds_on(on)
    ]
    if purpose is None:
        purpose = held[0][1].purposes[0] if held else Purpose.OPERATIONS
    acting = [(post, role) for post, role in held if purpose in role.purposes]
    grants = tuple(
        Grant(role.code, right.interactions, right.types, scope, right.sensitivities)
        for post, role in acting
        for right in role.rights
        for scope in [_scope(right, post, on, places, own_patients)]
    )
    facility = next((post for post, _ in acting if post.facility), None)
    return Access(
        subject=Subject("person", account.id, account.display_name),
        purpose=purpose,
        grants=grants,
        facility=facility.facility if facility else None,
        commune=facility.commune if facility else None,
        capabilities=_capabilities(role for _, role in acting),
    )


def _capabilities(roles: Iterable[Role]) -> frozenset[str]:
    return frozenset(each for role in roles for each in role.capabilities)


def _scope(
    right: Right, post: Post, on: date, places: Places, own_patients: Collection[str]
) -> Predicate:
    parts: list[Predicate] = []
    communes: frozenset[str] = frozenset()
    if post.area and right.sees & {Sight.RESIDENCE, Sight.CUSTODIAN}:
        communes = places.communes_of(post.area, on)
    for sight in sorted(right.sees):
        match sight:
            case Sight.RESIDENCE:
                parts.append(ResidenceIn(communes))
            case Sight.CUSTODIAN:
                parts.append(CommuneIn(communes))
            case Sight.FACILITY:
                parts.append(CustodianIn(frozenset({post.facility} if post.facility else ())))
            case Sight.OWN:
                parts.append(PatientIn(frozenset(own_patients)))
            case Sight.EVERYTHING:
                parts.append(Everything())
    scope = AnyOf(tuple(parts))
    return simplify(AllOf((NoPatient(), scope)) if right.impersonal else scope)


def client_access(client: Client, scopes: Iterable[str]) -> Access:
    """What a client system may do with these scopes, as far as it is allowed them today."""
    given: list[Scope] = negotiate(scopes, client.scopes) if client.active else []
    return Access(
        subject=Subject("system", client.id, client.name),
        purpose=client.purpose,
        grants=grants_for_client(
            given, frozenset(client.facilities), client.reach, client.sensitivities
        ),
        facility=client.facility,
        commune=client.commune,
        capabilities=client.capabilities if client.active else frozenset(),
    )
