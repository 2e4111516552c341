import base64
import io
import os

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import call_command
from django.db import connection

from cases.models import Citizen
from microloan.core.cpr import Cpr, blind_index
from microloan.core.fields import CannotDecrypt, decode_key, decrypt, encrypt, is_current, key_id

NUMBER = "7203901234"


def new_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def stored(citizen: Citizen) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cpr FROM cases_citizen WHERE id = %s", [citizen.pk])
        return cursor.fetchone()[0]


def test_what_is_encrypted_is_read_back_and_differs_each_time():
    first, second = (encrypt("æøå", purpose="test") for _ in range(2))
    assert first != second
    assert decrypt(first, purpose="test") == decrypt(second, purpose="test") == "æøå"


def test_a_value_belongs_to_its_purpose():
    with pytest.raises(CannotDecrypt):
        decrypt(encrypt("x", purpose="one"), purpose="other")


def test_a_changed_value_is_refused():
    version, key, body = encrypt("x", purpose="test").split(":")
    changed = bytearray(base64.b64decode(body))
    changed[-1] ^= 1
    with pytest.raises(CannotDecrypt):
        decrypt(f"{version}:{key}:{base64.b64encode(changed).decode()}", purpose="test")


def test_older_keys_decrypt_and_unknown_ones_do_not(settings):
    old, new = new_key(), new_key()
    settings.CPR_ENCRYPTION_KEYS = [old]
    written = encrypt("x", purpose="test")
    settings.CPR_ENCRYPTION_KEYS = [new, old]
    assert decrypt(written, purpose="test") == "x"
    assert not is_current(written)
    assert is_current(encrypt("x", purpose="test"))
    settings.CPR_ENCRYPTION_KEYS = [new]
    with pytest.raises(CannotDecrypt, match="not in CPR_ENCRYPTION_KEYS"):
        decrypt(written, purpose="test")
    settings.CPR_ENCRYPTION_KEYS = []
    with pytest.raises(ImproperlyConfigured):
        encrypt("x", purpose="test")


def test_keys_have_32_bytes_and_an_id_that_tells_nothing():
    with pytest.raises(ValueError, match="32 bytes"):
        decode_key(base64.urlsafe_b64encode(b"short").decode())
    key = os.urandom(32)
    assert len(key_id(key)) == 8
    assert key_id(key) != key.hex()[:8]


def test_the_database_holds_no_number(db):
    citizen = Citizen.objects.create(name="Amina Testesen", cpr=NUMBER, cpr_index=blind_index(NUMBER))
    assert NUMBER not in stored(citizen)
    assert stored(citizen).startswith("1:")
    assert citizen.cpr == Cpr(NUMBER)
    again = Citizen.objects.get(cpr_index=blind_index("720390-1234"))
    assert again.cpr.digits == NUMBER
    assert "1234" not in f"{again.cpr} {again.cpr!r} {again.__dict__}"


def test_a_citizen_without_number(db):
    citizen = Citizen.objects.create(name="Uden nummer")
    citizen.refresh_from_db()
    assert citizen.cpr is None
    assert Citizen.objects.filter(cpr__isnull=True).count() == 1


def test_the_encrypted_column_cannot_be_searched(db):
    with pytest.raises(FieldError, match="blind index"):
        Citizen.objects.filter(cpr=NUMBER).exists()


def test_keys_are_rotated(db, settings):
    old, new = new_key(), new_key()
    settings.CPR_ENCRYPTION_KEYS = [old]
    citizens = [Citizen.objects.create(name=f"Nr. {n}", cpr=f"720390{1000 + n}") for n in range(5)]
    Citizen.objects.create(name="Uden nummer")
    settings.CPR_ENCRYPTION_KEYS = [new, old]
    out = io.StringIO()
    call_command("rotate_cpr_keys", "--format", "json", stdout=out)
    assert '"rewritten": 5' in out.getvalue()
    settings.CPR_ENCRYPTION_KEYS = [new]
    assert [c.cpr.digits for c in Citizen.objects.filter(cpr__isnull=False).order_by("pk")] == [
        c.cpr.digits for c in citizens
    ]
    out = io.StringIO()
    call_command("rotate_cpr_keys", "--format", "json", stdout=out)
    assert '"rewritten": 0' in out.getvalue()


def test_rotation_leaves_no_trace_in_the_change_history(db, settings):
    old, new = new_key(), new_key()
    settings.CPR_ENCRYPTION_KEYS = [old]
    citizen = Citizen.objects.create(name="Amina Testesen", cpr=NUMBER)
    before = citizen.events.count()
    settings.CPR_ENCRYPTION_KEYS = [new, old]
    call_command("rotate_cpr_keys", stdout=io.StringIO())
    assert citizen.events.count() == before
