"""What leaves the house, read by others than who wrote it: MeMo by an XML reader and a schema, mail by a mail server, SMS."""

import base64
import json
import ssl
from datetime import timedelta
from ipaddress import ip_address
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cases.letters import channels, memo, services, sms
from cases.letters.enums import Channel, LetterStatus
from cases.letters.models import SmsNotice
from microloan.core import clock
from tests.letters import samples
from tests.letters.conftest import make_case, make_citizen

MEMO = {"m": memo.NAMESPACE}


def prepare(town, kind="closing", **options):
    values = {"kind": kind, "case": town.case, "key": f"{kind}:1", "by": town.coach, "today": town.today}
    return services.prepare_letter(**{**values, "context": samples.CONTEXTS[kind], **options})


def send(letter):
    return services.dispatch_letter(letter.pk, today=clock.today())


# --- Digital Post -----------------------------------------------------------------------------------------------------


def test_message_holds_what_the_format_asks_for(town, folders):
    letter = send(prepare(town))
    folder = folders.outbox / "digital_post"
    root = ElementTree.parse(folder / f"{letter.pk}.xml").getroot()
    assert (root.tag, root.attrib) == (
        f"{{{memo.NAMESPACE}}}Message",
        {"memoVersion": "1.1", "memoSchVersion": "1.1.0"},
    )
    assert [child.tag.split("}")[1] for child in root] == ["MessageHeader", "MessageBody"]
    header = {element.tag.split("}")[1]: element.text for element in root[0] if not len(element)}
    assert (header["messageType"], header["messageUUID"]) == ("DIGITALPOST", str(letter.pk))
    assert header["label"] == letter.subject
    ids = [
        (one.findtext("m:idType", None, MEMO), len(one[0].text))
        for one in root[0]
        if one.find("m:idType", MEMO) is not None
    ]
    assert ids == [("CVR", 8), ("CPR", 10)]
    assert root.findtext(".//m:caseID", None, MEMO) == "ML-2026-0042"
    assert base64.b64decode(root.findtext(".//m:content", None, MEMO)) == letter.read_pdf()
    assert (folder / f"{letter.pk}.xml").read_bytes().startswith(b"<?xml")


def test_number_stands_in_the_recipient_and_nowhere_else(town, folders, caplog):
    letter = send(prepare(town))
    cpr = town.case.citizen.cpr.digits
    found = [path for path in folders.outbox.rglob("*") if path.is_file() and cpr in path.read_text(errors="replace")]
    assert [path.suffix for path in found] == [".xml"]
    root = ElementTree.parse(found[0]).getroot()
    assert [element.tag.split("}")[1] for element in root.iter() if cpr in (element.text or "")] == ["recipientID"]
    assert not any(cpr in path.name for path in folders.outbox.rglob("*"))
    assert cpr not in caplog.text
    manifest = json.loads((folders.outbox / f"digital_post/{letter.pk}.json").read_text())
    assert (manifest["message"], manifest["format"]) == (f"{letter.pk}.xml", "MeMo 1.1")


SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="https://DigitalPost.dk/MeMo-1"
 elementFormDefault="qualified"><xs:element name="Message"><xs:complexType><xs:sequence>{inside}</xs:sequence>
 <xs:anyAttribute processContents="skip"/></xs:complexType></xs:element></xs:schema>"""
ANYTHING = '<xs:any minOccurs="0" maxOccurs="unbounded" processContents="skip"/>'


def test_schema_that_is_supplied_decides(town, folders, settings, tmp_path):
    settings.MEMO_SCHEMA_FOLDER = str(tmp_path / "schema")
    (tmp_path / "schema").mkdir()
    schema = tmp_path / "schema" / "memo.xsd"
    schema.write_text(SCHEMA.format(inside='<xs:element name="MessageHeader" type="xs:integer"/>' + ANYTHING))
    held = send(prepare(town))
    assert (held.status, "MessageHeader" in held.error) == (LetterStatus.HELD, True)
    assert town.case.citizen.cpr.digits not in held.error
    assert not (folders.outbox / f"digital_post/{held.pk}.json").exists()
    schema.write_text(SCHEMA.format(inside=ANYTHING))
    services.release_letter(letter=held, by=town.coach)
    assert send(held).status == LetterStatus.DISPATCHED
    schema.write_text("<xs:schema")
    assert send(prepare(town, key="closing:2")).status == LetterStatus.HELD


def test_version_is_a_setting_and_no_sender_means_no_message(town, folders, settings):
    settings.MEMO_VERSION = "1.2"
    letter = send(prepare(town))
    assert b'memoVersion="1.2"' in (folders.outbox / f"digital_post/{letter.pk}.xml").read_bytes()
    settings.MEMO_SENDER_CVR = ""
    without = send(prepare(town, key="closing:2"))
    assert not (folders.outbox / f"digital_post/{without.pk}.xml").exists()
    assert without.status == LetterStatus.DISPATCHED


def test_citizen_without_a_number_gets_paper_or_waits(town):
    paper = make_citizen(name="Bo Testesen", cpr=None)
    assert channels.channel_for_citizen(paper) == Channel.PRINT
    nowhere = make_citizen(name="Ida Testesen", cpr=None, street="", postcode="")
    held = send(prepare(town, case=make_case(nowhere, "ML-2026-0044", coach=town.coach)))
    assert (held.status, "CPR-nummer" in held.error) == (LetterStatus.HELD, True)


# --- E-mail: a real server, TLS and all -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = clock.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(private)
    return SimpleNamespace(cert=folder / "cert.pem", key=folder / "key.pem")


class Post:
    """Takes mail, remembers whether it came over TLS; refuses whom it is told to."""

    def __init__(self):
        self.got, self.refuse = [], ""

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.got.append(SimpleNamespace(to=envelope.rcpt_tos, text=envelope.content.decode(), tls=session.ssl))
        return "250 OK"


class TlsServer(Controller):
    def __init__(self, handler, context):
        super().__init__(handler, hostname="127.0.0.1", port=0)
        self.context = context

    def factory(self):
        return SMTP(self.handler, tls_context=self.context, require_starttls=True)

    def _trigger_server(self):
        """The base class connects to the port it was given; ours is chosen by the system."""
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def post(certificate, settings, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert, certificate.key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.cert))
    handler = Post()
    server = TlsServer(handler, context)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, True
    settings.EMAIL_TIMEOUT = 10
    yield handler
    server.stop()


def test_mail_goes_over_tls_and_says_nothing_of_the_citizen(town, post):
    letter = send(prepare(town, kind="referral_receipt", to_user=town.caseworker))
    assert (letter.status, letter.channel) == (LetterStatus.DISPATCHED, Channel.EMAIL)
    (mail,) = post.got
    assert mail.tls
    assert mail.to == ["sanne@example.org"]
    assert f"<{letter.pk}@mikrolaan>" in mail.text
    for secret in ("Amina", town.case.citizen.cpr.digits, "lån på", "kr."):
        assert secret not in mail.text


def test_mail_server_that_cannot_be_trusted_gets_nothing_and_is_tried_again(town, post, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    letter = send(prepare(town, kind="referral_receipt", to_user=town.caseworker))
    assert (letter.status, post.got) == (LetterStatus.FAILED, [])
    assert letter.next_attempt_at is not None


def test_address_that_is_refused_for_good_waits_for_a_person(town, post):
    post.refuse = "550 no such user"
    letter = send(prepare(town, kind="referral_receipt", to_user=town.caseworker))
    assert (letter.status, letter.next_attempt_at) == (LetterStatus.FAILED, None)
    post.refuse = "451 try later"
    services.release_letter(letter=letter, by=town.coach)
    assert send(letter).next_attempt_at is not None


# --- SMS --------------------------------------------------------------------------------------------------------------


def test_sms_is_off_until_it_is_switched_on(town, folders):
    send(prepare(town))
    assert not SmsNotice.objects.exists()


class Down:
    def send(self, **message):
        raise ConnectionRefusedError


def test_sms_says_that_there_is_a_letter_and_no_more(town, folders, settings, django_capture_on_commit_callbacks):
    citizen = town.case.citizen
    citizen.phone = "20304050"
    citizen.save()
    settings.SMS_SENDER = f"{__name__}.Down"
    with django_capture_on_commit_callbacks(execute=True):
        letter = send(prepare(town))
    assert (letter.sms.attempts, SmsNotice.objects.get().sent_at) == (0, None)
    settings.SMS_SENDER = "folder"
    assert sms.send_notice(letter.sms.pk)
    assert not sms.send_notice(letter.sms.pk)
    (path,) = (folders.outbox / "sms").iterdir()
    text = json.loads(path.read_text())["text"]
    assert text.endswith("Læs det i Digital Post.")
    assert not {"lån", "Amina", "ML-2026", letter.subject} & set(text.split())
    assert sms.notices_waiting() == []
