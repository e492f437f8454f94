"""Signed evidence: what a gate found about which bytes, under which policy, so that a later gate can trust it.

A verdict is an in-toto Statement v1 (https://github.com/in-toto/attestation) whose predicate is SLSA's Verification
Summary v1 (https://slsa.dev/spec/v1.1/verification_summary), in a DSSE envelope (https://github.com/secure-systems-lab/dsse)
signed with Ed25519. Which keys are trusted, for which gates and from when to when, stands in a trust file; envelopes
are believed only after every check of `verify` in its order. Nothing of an envelope is read before its signature holds.

The signatures come from the library cryptography (extra `mlsec_nb[attest]`: 4 MB, Apache-2.0 or BSD), which most users
of the scanners never need. Tried and dropped: sigstore's keyless signing (27 more packages, and the network).
"""

from .dsse import PAYLOAD_TYPE, Envelope, load_envelope, pae
from .keys import SigningKey, VerifyingKey, generate
from .statement import Evidence, make_statement
from .trust import Trust, load_trust
from .verify import Rejected, Verified, Verifier

__all__ = [
    "PAYLOAD_TYPE", "Envelope", "Evidence", "Rejected", "SigningKey", "Trust", "Verified", "Verifier", "VerifyingKey",
    "generate", "load_envelope", "load_trust", "make_statement", "pae",
]  # fmt: skip
