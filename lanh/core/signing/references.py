"""What the references of a signature lead to, and whether it is still as it was signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree

from lanh.core.signing import dsig
from lanh.core.signing.dsig import ds
from lanh.core.signing.faults import Problem, Unreadable, problem
from lanh.core.signing.xml_signing import element_with_id

MOST_REFERENCES = 32


class Refused(Exception):
    """A signature that does not hold; `problem` says why."""

    def __init__(self, code: str, **parameters: Any) -> None:
        super().__init__(code)
        self.problem: Problem = problem(code, **parameters)


@dataclass(frozen=True, slots=True)
class SignedPart:
    """What was signed: the digested bytes, and the element read from these bytes.

    `place` is where it stood in the document (child numbers from the root; the root is ()).
    `inside` says that it belongs to the signature itself.
    """

    place: tuple[int, ...]
    content: bytes
    element: etree._Element
    inside: bool = False


@dataclass(slots=True)
class Work:
    """How many bytes may still be copied or made canonical for one document."""

    left: int

    def spend(self, count: int) -> None:
        """Raises Refused where nothing is left."""
        self.left -= count
        if self.left < 0:
            raise Refused("too-much-work")


def read_references(
    signature: etree._Element,
    info: etree._Element,
    old_digests: bool,
    size: int,
    work: Work,
) -> list[SignedPart]:
    """The parts that `info` (SignedInfo, read from its signed bytes) refers to.

    `size` is that of the document in bytes. Raises Refused where a reference cannot be followed
    exactly or differs from its digest.
    """
    found = info.findall(ds("Reference"))
    if not 0 < len(found) <= MOST_REFERENCES:
        raise Refused("signature-malformed", element="Reference")
    parts = []
    for each in found:
        work.spend(size)
        parts.append(_follow(signature, each, old_digests))
    if all(part.inside for part in parts):
        raise Refused("nothing-signed")
    return parts


def _follow(signature: etree._Element, reference: etree._Element, old_digests: bool) -> SignedPart:
    uri = reference.get("URI")
    apex = _apex(signature, uri)
    inside = signature in apex.iterancestors() or apex is signature
    enveloped, method, prefixes = _transforms(reference)
    own = signature if enveloped else None
    if own is not None and apex not in signature.iterancestors():
        raise Refused("transform-refused", transform=dsig.ENVELOPED)
    content = dsig.canonical(dsig.without(apex, own) if own is not None else apex, method, prefixes)
    if content is None:
        raise Refused("not-canonical", id=(uri or "")[:100])
    digests = dsig.DIGESTS | (dsig.OLD_DIGESTS if old_digests else {})
    given, value = reference.find(ds("DigestMethod")), reference.find(ds("DigestValue"))
    name = given.get("Algorithm", "") if given is not None else ""
    if name not in digests:
        raise Refused("algorithm-refused", algorithm=name[:100])
    if value is None or dsig.binary(value.text) != dsig.digest(content, digests[name]):
        raise Refused("digest-differs", part=(uri or etree.QName(apex).localname)[:100])
    try:
        element = dsig.parse(content)
    except Unreadable as error:
        raise Refused("not-canonical", id=(uri or "")[:100]) from error
    return SignedPart(dsig.place(apex), content, element, inside)


def _apex(signature: etree._Element, uri: str | None) -> etree._Element:
    root = signature.getroottree().getroot()
    if uri == "":
        return root
    if uri is None or not uri.startswith("#") or "(" in uri:
        raise Refused("reference-refused", uri=(uri or "")[:100])
    apex = element_with_id(root, uri[1:])
    if apex is None:
        raise Refused("reference-ambiguous", uri=uri[:100])
    return apex


def _transforms(reference: etree._Element) -> tuple[bool, str, list[str] | None]:
    """Whether the signature is taken out, the canonical form, its prefixes.

    At most: the enveloped transform, then one canonical form; without one it is the inclusive
    (XML Signature 1.1, 4.4.3.2). Any other transform is refused.
    """
    enveloped, method, prefixes = False, "", None
    for each in reference.findall(f"{ds('Transforms')}/{ds('Transform')}"):
        name = each.get("Algorithm", "")
        if name == dsig.ENVELOPED and not enveloped and not method:
            enveloped = True
        elif name in dsig.C14N and not method:
            method = name
            given = each.find(f"{{{dsig.EXCLUSIVE}}}InclusiveNamespaces")
            prefixes = given.get("PrefixList", "").split() if given is not None else None
        else:
            raise Refused("transform-refused", transform=name[:100])
    return enveloped, method or dsig.INCLUSIVE, prefixes
