"""Columns that are encrypted at rest (AES-256-GCM) with keys from the environment (docs/decisions/022).

Stored text: `1:<key id>:<base64 of nonce and ciphertext>`. The first key of CPR_ENCRYPTION_KEYS encrypts, every key of
the list decrypts, `manage.py rotate_cpr_keys` rewrites all rows with the first. The `purpose` of a field is bound into
the ciphertext, so that a value moved to another kind of column does not decrypt.
"""

import base64
import hashlib
import json
import os
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from microloan.core.cpr import Cpr

VERSION = "1"
NONCE_BYTES = 12
KEY_BYTES = 32


class CannotDecrypt(Exception):
    """No key in CPR_ENCRYPTION_KEYS fits, or the stored value was tampered with."""


def decode_key(text: str) -> bytes:
    """32 bytes from url-safe base64, else ValueError."""
    key = base64.urlsafe_b64decode(text.encode())
    if len(key) != KEY_BYTES:
        raise ValueError(f"An encryption key has {KEY_BYTES} bytes, this has {len(key)}")
    return key


def key_id(key: bytes) -> str:
    return hashlib.sha256(b"key id" + key).hexdigest()[:8]


@lru_cache(maxsize=4)
def _ciphers(keys: tuple[str, ...]) -> dict[str, AESGCM]:
    """Cipher by key id, the newest first."""
    if not keys:
        raise ImproperlyConfigured("CPR_ENCRYPTION_KEYS is empty: nothing can be encrypted")
    decoded = [decode_key(key) for key in keys]
    return {key_id(key): AESGCM(key) for key in decoded}


def encrypt(text: str, *, purpose: str) -> str:
    ciphers = _ciphers(tuple(settings.CPR_ENCRYPTION_KEYS))
    newest = next(iter(ciphers))
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + ciphers[newest].encrypt(nonce, text.encode(), purpose.encode())
    return f"{VERSION}:{newest}:{base64.b64encode(sealed).decode()}"


def decrypt(stored: str, *, purpose: str) -> str:
    version, _, rest = stored.partition(":")
    used_key, _, body = rest.partition(":")
    cipher = _ciphers(tuple(settings.CPR_ENCRYPTION_KEYS)).get(used_key)
    if version != VERSION or cipher is None:
        raise CannotDecrypt("The value was encrypted with a key that is not in CPR_ENCRYPTION_KEYS")
    sealed = base64.b64decode(body)
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode()).decode()
    except InvalidTag:
        raise CannotDecrypt("The stored value does not fit its key and purpose") from None


def is_current(stored: str) -> bool:
    """Whether a stored value is encrypted with the newest key."""
    newest = next(iter(_ciphers(tuple(settings.CPR_ENCRYPTION_KEYS))))
    return stored.startswith(f"{VERSION}:{newest}:")


class EncryptedTextField(models.TextField):
    """A text that stands encrypted in the database. It cannot be searched; keep a `blind_index` beside it for that."""

    def __init__(self, *args: Any, purpose: str, **kwargs: Any) -> None:
        self.purpose = purpose
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "purpose": self.purpose}

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted and cannot be searched; use its blind index")
        return super().get_lookup(lookup_name)

    def get_prep_value(self, value: Any) -> str | None:
        if value is None:
            return None
        if hasattr(value, "resolve_expression"):
            return value
        return encrypt(self.to_text(value), purpose=self.purpose)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else self.to_python(decrypt(value, purpose=self.purpose))

    def to_text(self, value: Any) -> str:
        return str(value)


class EncryptedJsonField(EncryptedTextField):
    """Plain data (dicts, lists, texts, numbers) that stands encrypted in the database."""

    _pyi_private_set_type: Any  # for type checkers: what is assigned and read is not a text
    _pyi_private_get_type: Any

    def to_python(self, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value

    def to_text(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)


class _CprAttribute(DeferredAttribute):
    """Whatever is assigned, the attribute holds a `Cpr`, which prints masked."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = self.field.to_python(value)


class EncryptedCprField(EncryptedTextField):
    """A CPR number: encrypted in the database, masked in `str`, `repr` and templates (`Cpr`)."""

    descriptor_class = _CprAttribute

    def to_python(self, value: Any) -> Any:
        return value if value is None or isinstance(value, Cpr) else Cpr(value)

    def to_text(self, value: Any) -> str:
        return Cpr(value).digits

    def value_to_string(self, obj: models.Model) -> str:
        raise FieldError("A CPR number is not serialised")
