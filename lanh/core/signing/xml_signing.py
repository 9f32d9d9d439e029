"""Sign XML: XAdES-BES (baseline B-B, ETSI EN 319 132-1), or plain XMLDSig.

SHA-256, exclusive canonical form, the signing time and the digest of the signer's certificate
signed along.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from lxml import etree

from lanh.core.signing.dsig import (
    DS,
    ECDSA_SHA256,
    ENVELOPED,
    EXCLUSIVE,
    ID_NAMES,
    RSA_SHA256,
    SHA256,
    SIGNED_PROPERTIES,
    XADES,
    canonical,
    digest,
    ds,
    parse,
    text64,
    xades,
)
from lanh.core.signing.faults import SigningFault
from lanh.core.signing.keys import Algorithm, SigningKey, sign

_METHOD = {Algorithm.RSA_SHA256: RSA_SHA256, Algorithm.ECDSA_SHA256: ECDSA_SHA256}


def sign_xml(
    content: bytes,
    key: SigningKey,
    at: datetime,
    *,
    into: str = ".",
    parts: Sequence[str] = (),
    plain: bool = False,
) -> bytes:
    """The document with a signature as the last child of the element at `into` (an lxml path).

    Signed is the whole document but this signature, or the elements whose Id is in `parts`: so
    several signers can sign the same part beside each other. `at` is the signing time, aware;
    `plain` leaves the XAdES properties out. Raises Unreadable, KeyFault, and SigningFault where
    `into` or a part is not there exactly once.
    """
    if at.tzinfo is None:
        raise SigningFault("time-naive")
    root = parse(content)
    holders = root.findall(into) if into != "." else [root]
    if len(holders) != 1:
        raise SigningFault("holder-absent", place=into, found=len(holders))
    references = _references(root, holders[0], parts)
    name = f"sig-{secrets.token_hex(8)}"
    signature = etree.SubElement(holders[0], ds("Signature"), {"Id": name}, nsmap={"ds": DS})
    info = etree.SubElement(signature, ds("SignedInfo"))
    etree.SubElement(info, ds("CanonicalizationMethod"), {"Algorithm": EXCLUSIVE})
    etree.SubElement(info, ds("SignatureMethod"), {"Algorithm": _METHOD[key.algorithm]})
    for number, (uri, transforms, value) in enumerate(references):
        _reference(info, uri, transforms, value, {"Id": f"{name}-{number}"})
    result = etree.SubElement(signature, ds("SignatureValue"), {"Id": f"{name}-value"})
    _key_info(signature, key.chain)
    if not plain:
        properties = _properties(signature, name, key.chain[0], at)
        made = _certain(canonical(properties, EXCLUSIVE), name)
        kind = {"Type": SIGNED_PROPERTIES}
        _reference(info, f"#{name}-properties", (EXCLUSIVE,), digest(made), kind)
    result.text = text64(_value(key, _certain(canonical(info, EXCLUSIVE), name)))
    return etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True)


def _references(
    root: etree._Element, holder: etree._Element, parts: Sequence[str]
) -> list[tuple[str, tuple[str, ...], bytes]]:
    """URI, transforms and digest of all that is signed; the signature is not yet there."""
    made: list[tuple[str, tuple[str, ...], bytes]] = []
    for part in parts or ("",):
        apex = element_with_id(root, part) if part else root
        if apex is None:
            raise SigningFault("part-absent", id=part)
        inside = apex is holder or apex in holder.iterancestors()
        transforms = (ENVELOPED, EXCLUSIVE) if inside else (EXCLUSIVE,)
        value = digest(_certain(canonical(apex, EXCLUSIVE), part))
        made.append((f"#{part}" if part else "", transforms, value))
    return made


def element_with_id(root: etree._Element, wanted: str) -> etree._Element | None:
    """The element that bears an id; None where none or several do."""
    found = [
        each
        for each in root.iter(etree.Element)
        if any(each.get(name) == wanted for name in ID_NAMES)
    ]
    return found[0] if len(found) == 1 else None


def _certain(made: bytes | None, at: str) -> bytes:
    if made is None:
        raise SigningFault("not-canonical", id=at)
    return made


def _reference(
    info: etree._Element,
    uri: str,
    transforms: Sequence[str],
    value: bytes,
    attributes: dict[str, str],
) -> None:
    reference = etree.SubElement(info, ds("Reference"), {**attributes, "URI": uri})
    holder = etree.SubElement(reference, ds("Transforms"))
    for each in transforms:
        etree.SubElement(holder, ds("Transform"), {"Algorithm": each})
    etree.SubElement(reference, ds("DigestMethod"), {"Algorithm": SHA256})
    etree.SubElement(reference, ds("DigestValue")).text = text64(value)


def _key_info(signature: etree._Element, chain: Sequence[x509.Certificate]) -> None:
    data = etree.SubElement(etree.SubElement(signature, ds("KeyInfo")), ds("X509Data"))
    for each in chain:
        if each.issuer != each.subject or each is chain[0]:
            der = each.public_bytes(serialization.Encoding.DER)
            etree.SubElement(data, ds("X509Certificate")).text = text64(der)


def _properties(
    signature: etree._Element, name: str, signer: x509.Certificate, at: datetime
) -> etree._Element:
    """SigningTime, SigningCertificateV2 and the kind of data (EN 319 132-1, 5.2 and 6.3)."""
    holder = etree.SubElement(
        etree.SubElement(signature, ds("Object")),
        xades("QualifyingProperties"),
        {"Target": f"#{name}"},
        nsmap={"xades": XADES},
    )
    properties = etree.SubElement(holder, xades("SignedProperties"), {"Id": f"{name}-properties"})
    signed = etree.SubElement(properties, xades("SignedSignatureProperties"))
    moment = at.replace(microsecond=0).isoformat().replace("+00:00", "Z")
    etree.SubElement(signed, xades("SigningTime")).text = moment
    certificates = etree.SubElement(signed, xades("SigningCertificateV2"))
    print_ = etree.SubElement(etree.SubElement(certificates, xades("Cert")), xades("CertDigest"))
    etree.SubElement(print_, ds("DigestMethod"), {"Algorithm": SHA256})
    etree.SubElement(print_, ds("DigestValue")).text = text64(signer.fingerprint(hashes.SHA256()))
    data = etree.SubElement(properties, xades("SignedDataObjectProperties"))
    for reference in signature.findall(f"{ds('SignedInfo')}/{ds('Reference')}"):
        kind = {"ObjectReference": f"#{reference.get('Id')}"}
        form = etree.SubElement(data, xades("DataObjectFormat"), kind)
        etree.SubElement(form, xades("MimeType")).text = "application/xml"
    return properties


def _value(key: SigningKey, data: bytes) -> bytes:
    """The signature as XMLDSig writes it: ECDSA as r and s side by side (RFC 6931, 2.3.6)."""
    made = sign(key, data)
    public = key.chain[0].public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey):
        return made
    size = (public.curve.key_size + 7) // 8
    r, s = utils.decode_dss_signature(made)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")
