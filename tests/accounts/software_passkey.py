"""A passkey in software, with the flags that a test chooses."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from pipelines_portal.accounts.models import User

HOST = "localhost"
FLAG = AuthenticatorData.FLAG
RP = hashlib.sha256(HOST.encode()).digest()


@dataclass
class SoftwarePasskey:
    user: User
    secret: ec.EllipticCurvePrivateKey
    id: bytes

    def signed(self, challenge: str, *, verified: bool) -> str:
        """Return what the browser posts: after a fingerprint, a face or a PIN if `verified`, else after a touch."""
        client_data = _client_data("webauthn.get", challenge)
        data = AuthenticatorData.create(RP, FLAG.UP | (FLAG.UV if verified else FLAG(0)), 1)
        signature = self.secret.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        handle = user_pk_to_url_str(self.user).encode()
        response = {
            "clientDataJSON": client_data,
            "authenticatorData": data,
            "signature": signature,
            "userHandle": handle,
        }
        return json.dumps(_named(self.id, response))

    def made(self, challenge: str) -> dict[str, Any]:
        """Return what the browser posts to add the passkey, after a fingerprint, a face or a PIN."""
        public = ES256.from_cryptography_key(self.secret.public_key())  # type: ignore[no-untyped-call]
        credential = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        data = AuthenticatorData.create(RP, FLAG.UP | FLAG.UV | FLAG.AT, 0, credential)
        client_data = _client_data("webauthn.create", challenge)
        return _named(
            self.id, {"clientDataJSON": client_data, "attestationObject": AttestationObject.create("none", data, {})}
        )


def software_passkey(user: User) -> SoftwarePasskey:
    """Create a passkey that `user` has added."""
    passkey = new_passkey(user)
    data = {"name": "Security key", "credential": passkey.made("AA")}
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=data)
    return passkey


def new_passkey(user: User) -> SoftwarePasskey:
    return SoftwarePasskey(user, ec.generate_private_key(ec.SECP256R1()), f"passkey of {user.pk}".encode())


def _client_data(kind: str, challenge: str) -> bytes:
    return CollectedClientData.create(kind, challenge, f"https://{HOST}")


def _named(passkey_id: bytes, response: dict[str, bytes]) -> dict[str, Any]:
    mark = websafe_encode(passkey_id)
    texts = {name: websafe_encode(value) for name, value in response.items()}
    return {"id": mark, "rawId": mark, "type": "public-key", "clientExtensionResults": {}, "response": texts}
