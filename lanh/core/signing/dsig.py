"""XML as signatures see it: read safely, made canonical, and the names of XMLDSig and XAdES.

Own code and not a library: the ones there are pass over transforms that they do not know, take
keys in memory only, and hand back more than what was signed. Canonical form and arithmetic are
libxml2's and OpenSSL's. XML Signature 1.1; Canonical XML 1.0 and Exclusive Canonical XML 1.0.
"""

from __future__ import annotations

import base64
import binascii
import copy
import re
from typing import Any
from xml.parsers import expat

from cryptography.hazmat.primitives import hashes
from lxml import etree

from lanh.core.signing.faults import Unreadable

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
ENVELOPED = f"{DS}enveloped-signature"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
INCLUSIVE_11 = "http://www.w3.org/2006/12/xml-c14n11"
C14N = {
    EXCLUSIVE: (True, False),
    f"{EXCLUSIVE}WithComments": (True, True),
    INCLUSIVE: (False, False),
    f"{INCLUSIVE}#WithComments": (False, True),
    # 1.1 differs where a part takes attributes of xml from above, which is not done here.
    INCLUSIVE_11: (False, False),
}

_MORE, _ENC = "http://www.w3.org/2001/04/xmldsig-more#", "http://www.w3.org/2001/04/xmlenc#"
RSA_SHA256, ECDSA_SHA256, SHA256 = f"{_MORE}rsa-sha256", f"{_MORE}ecdsa-sha256", f"{_ENC}sha256"

Digests = dict[str, type[hashes.HashAlgorithm]]
DIGESTS: Digests = {
    SHA256: hashes.SHA256,
    f"{_MORE}sha384": hashes.SHA384,
    f"{_ENC}sha512": hashes.SHA512,
}
METHODS: dict[str, tuple[str, type[hashes.HashAlgorithm]]] = {
    f"{_MORE}{kind}-sha{bits}": (kind, hashed)
    for kind in ("rsa", "ecdsa")
    for bits, hashed in ((256, hashes.SHA256), (384, hashes.SHA384), (512, hashes.SHA512))
}
OLD_DIGESTS: Digests = {f"{DS}sha1": hashes.SHA1}
OLD_METHODS: dict[str, tuple[str, type[hashes.HashAlgorithm]]] = {
    f"{DS}rsa-sha1": ("rsa", hashes.SHA1),
    f"{_MORE}ecdsa-sha1": ("ecdsa", hashes.SHA1),
}

MOST_BYTES = 128 * 1024 * 1024
MOST_DEPTH = 100
MOST_ELEMENTS = 2_000_000
MOST_ATTRIBUTES = 200
MOST_NAMESPACES = 300  # in scope at once: the canonical form compares them pair by pair

ID_NAMES = ("Id", "ID", "id", "{http://www.w3.org/XML/1998/namespace}id")
_XML_ATTRIBUTE = "{http://www.w3.org/XML/1998/namespace}"
_BLANK = re.compile(r"[ \t\r\n]+")


def ds(tag: str) -> str:
    """The name of an element of XMLDSig, as lxml writes it."""
    return f"{{{DS}}}{tag}"


def xades(tag: str) -> str:
    """The name of an element of XAdES 1.3.2."""
    return f"{{{XADES}}}{tag}"


def parse(content: bytes, most_bytes: int = MOST_BYTES) -> etree._Element:
    """The root of a document. Raises Unreadable.

    Bounded in size, depth, elements and attributes before a tree is built. A document type
    declaration is refused, so there are no entities, and nothing outside is fetched.
    """
    if len(content) > most_bytes:
        raise Unreadable("too-large", limit=most_bytes)
    _look_over(content)
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=True,
        remove_blank_text=False, remove_comments=False, remove_pis=False,
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable("not-xml", reason=str(error)[:200]) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("doctype")
    return root


def _look_over(content: bytes) -> None:
    depth = count = scope = 0

    def opened(_tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > MOST_DEPTH or count > MOST_ELEMENTS or len(attributes) > MOST_ATTRIBUTES:
            raise Unreadable("too-deep", depth=MOST_DEPTH, elements=MOST_ELEMENTS)

    def closed(_tag: str) -> None:
        nonlocal depth
        depth -= 1

    def declared(*_parts: object) -> None:
        nonlocal scope
        scope += 1
        if scope > MOST_NAMESPACES:
            raise Unreadable("too-many-namespaces", limit=MOST_NAMESPACES)

    def forgotten(*_parts: object) -> None:
        nonlocal scope
        scope -= 1

    def doctype(*_parts: object) -> None:
        raise Unreadable("doctype")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.StartNamespaceDeclHandler = declared
    parser.EndNamespaceDeclHandler = forgotten
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = doctype
    try:
        parser.Parse(content, True)
    except Unreadable:
        raise
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Unreadable("not-xml", reason=str(error)[:200]) from error


def canonical(
    element: etree._Element,
    method: str,
    prefixes: list[str] | None = None,
    *,
    comments: bool = False,
) -> bytes | None:
    """The canonical bytes of an element with all below it; None where they would not be certain.

    Comments count only where asked for: a reference into the same document never means them
    (XML Signature 1.1, 4.4.3.3). A signature over a whole document speaks of instructions beside
    its root, too, which nobody would be handed: such a document is not made canonical, nor is a
    part by Canonical XML 1.1 where attributes of xml above it would count.
    """
    exclusive, with_comments = C14N[method]
    root = element.getroottree().getroot()
    if element is root and _instructed(root):
        return None
    if not exclusive and element is not root:
        above = _xml_attributes(element)
        if above and method == INCLUSIVE_11:
            return None
        element = _alone(element, above)
    made = etree.tostring(
        element,
        method="c14n",
        exclusive=exclusive,
        with_comments=comments and with_comments,
        with_tail=False,
        inclusive_ns_prefixes=prefixes if exclusive else None,
    )
    return bytes(made)


def _xml_attributes(element: etree._Element) -> dict[str, str]:
    """The attributes of the namespace xml above an element, the nearest of each name."""
    found: dict[str, str] = {}
    for each in element.iterancestors():
        for name, value in each.attrib.items():
            if str(name).startswith(_XML_ATTRIBUTE):
                found.setdefault(str(name), str(value))
    return found


def _alone(element: etree._Element, above: dict[str, str]) -> etree._Element:
    """A copy of an element as a root, with the namespaces and xml attributes in scope there.

    The inclusive canonical form of a part has them on its apex (Canonical XML 1.0, 2.4), which
    lxml leaves out.
    """
    scope: dict[Any, str] = {prefix: uri for prefix, uri in element.nsmap.items() if uri}
    made = etree.Element(element.tag, {**above, **dict(element.attrib)}, nsmap=scope)
    made.text = element.text
    made.extend(copy.deepcopy(each) for each in element)
    return made


def _instructed(root: etree._Element) -> bool:
    beside = [*root.itersiblings(), *root.itersiblings(preceding=True)]
    return any(isinstance(each, etree._ProcessingInstruction) for each in beside)


def place(element: etree._Element) -> tuple[int, ...]:
    """Where an element stands: at each step from the root, its number among the children."""
    steps: list[int] = []
    parent = element.getparent()
    while parent is not None:
        steps.append(parent.index(element))
        element, parent = parent, parent.getparent()
    return tuple(reversed(steps))


def without(apex: etree._Element, taken: etree._Element) -> etree._Element:
    """`apex` in a copy of its document in which `taken` is not, the text behind it staying."""
    root = copy.deepcopy(apex.getroottree()).getroot()

    def found(steps: tuple[int, ...]) -> etree._Element:
        each = root
        for step in steps:
            each = each[step]
        return each

    kept, gone = found(place(apex)), found(place(taken))
    parent, before = gone.getparent(), gone.getprevious()
    if parent is None:
        raise Unreadable("signature-is-root")
    if gone.tail and before is not None:
        before.tail = (before.tail or "") + gone.tail
    elif gone.tail:
        parent.text = (parent.text or "") + gone.tail
    gone.tail = None
    parent.remove(gone)
    return kept


def binary(text: str | None, most: int = 64 * 1024) -> bytes | None:
    """The bytes of base64 with blanks; None where it is not that, or too long."""
    if text is None or len(text) > most * 2:
        return None
    try:
        return base64.b64decode(_BLANK.sub("", text).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None


def text64(data: bytes) -> str:
    """Base64 in one line."""
    return base64.b64encode(data).decode()


def digest(data: bytes, hashed: type[hashes.HashAlgorithm] = hashes.SHA256) -> bytes:
    """The digest of bytes."""
    made = hashes.Hash(hashed())
    made.update(data)
    return made.finalize()
