"""Payment files read without a database: CSV and camt as banks write them, and what is wrong named by line (domain.md §7.5)."""

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans import rules
from loans.payment_files import BadFile, BankEntry, read_file, references_in
from loans.payment_files.entries import same_content
from loans.payment_files.references import is_mistyped, near_references
from tests.loans.payment_files import camt, csv_file, details, line, ntry

DAY = date(2026, 11, 20)
REFERENCE = rules.payment_reference(17)
WORDS = st.text(st.characters(codec="cp1252", exclude_categories=("C", "Zl", "Zp")), max_size=40).map(
    lambda text: " ".join(text.split())
)
AMOUNTS = st.integers(1, 99_999_999).map(lambda ore: Decimal(ore) / 100)
DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))


def only(data: bytes) -> BankEntry:
    (entry,) = read_file(data).entries
    return entry


@given(amount=AMOUNTS, on=DAYS, payer=WORDS, text=WORDS, separator=st.sampled_from(";,\t"), as_utf8=st.booleans())
def test_csv_is_read_as_it_was_written(
    amount: Decimal, on: date, payer: str, text: str, separator: str, as_utf8: bool
) -> None:
    row = line(amount, on, Indbetaler=payer, Tekst=text, **{"Betalings-id": REFERENCE, "Bankreference": "B 1"})
    entry = only(csv_file([row], separator=separator, encoding="utf-8-sig" if as_utf8 else "cp1252"))
    assert (entry.amount, entry.booked_on, entry.payer, entry.text) == (amount, on, payer, text)
    assert (entry.reference, entry.bank_ref, entry.is_credit, entry.position) == (REFERENCE, "B 1", True, 2)


@given(
    amount=AMOUNTS,
    on=DAYS,
    payer=WORDS,
    version=st.sampled_from(["02", "08"]),
    message=st.sampled_from(["camt.053", "camt.054"]),
)
def test_camt_is_read_as_it_was_written(amount: Decimal, on: date, payer: str, version: str, message: str) -> None:
    told = details(version=version, ref="T1", end_to_end="E1", payer=payer, reference=REFERENCE, text="Afdrag")
    entry = ntry(amount, on, version=version, ref="A1", details=[told], value_on=on + timedelta(days=1))
    read = only(camt([entry], message=message, version=version))
    assert (read.amount, read.booked_on, read.value_date, read.payer) == (amount, on, on, payer)
    assert (read.reference, read.text, read.bank_ref, read.end_to_end) == (REFERENCE, "Afdrag", "T1", "E1")
    assert read.is_booked
    assert not read.is_reversal
    assert read.aside(["DK50 0040 0440 1162 43"]) == ""


@given(amounts=st.lists(AMOUNTS, min_size=2, max_size=6), version=st.sampled_from(["02", "08"]))
def test_an_entry_of_several_payments_is_read_as_each_of_them(amounts: list[Decimal], version: str) -> None:
    told = [details(version=version, amount=amount, end_to_end=f"E{n}") for n, amount in enumerate(amounts)]
    read = read_file(camt([ntry(sum(amounts), DAY, version=version, ref="A1", details=told)], version=version)).entries
    assert [entry.amount for entry in read] == amounts
    assert len({entry.key for entry in read}) == len(amounts)
    unfit = read_file(camt([ntry(sum(amounts) + 1, DAY, version=version, ref="A1", details=told)], version=version))
    assert [entry.amount for entry in unfit.entries] == [sum(amounts) + 1]


@given(amount=AMOUNTS, on=DAYS, payer=WORDS)
def test_the_same_entry_has_the_same_key_whatever_the_file_looks_like(amount: Decimal, on: date, payer: str) -> None:
    row = line(amount, on, Indbetaler=payer)
    one, two = only(csv_file([row])), only(csv_file([{"Konto": "", **row}], separator=","))
    assert one.key == two.key
    assert same_content(one, two)
    assert only(csv_file([row | {"Beløb": amount + 1}])).key != one.key


@given(serial=st.integers(1, 10**13), before=st.sampled_from(["", "afdrag ", "+71<", "71 "]), after=WORDS)
def test_a_reference_is_found_wherever_it_stands(serial: int, before: str, after: str) -> None:
    reference = rules.payment_reference(serial)
    assert references_in("", f"{before}{reference} x{after}")[:1] == (reference,)
    grouped = " ".join(reference[start : start + 5] for start in range(0, 15, 5))
    assert references_in(grouped) == (reference,)
    assert references_in(reference.lstrip("0")) == (reference,)


@given(serial=st.integers(1, 10**13), place=st.integers(0, 14), step=st.integers(1, 9))
def test_one_wrong_figure_is_never_taken_for_another_loan_but_suggested(serial: int, place: int, step: int) -> None:
    reference = rules.payment_reference(serial)
    wrong = reference[:place] + str((int(reference[place]) + step) % 10) + reference[place + 1 :]
    assert references_in(wrong) == ()
    assert is_mistyped(wrong)
    assert reference in near_references(wrong)


def test_standing_orders_repeat_their_reference_every_month() -> None:
    one, two = (only(csv_file([line("5", on, EndToEndId="SO1")])) for on in (DAY, DAY - timedelta(days=30)))
    assert one.key != two.key
    assert only(csv_file([line("5", DAY, EndToEndId="NOTPROVIDED")])).key.startswith("content:")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ["tom"]),
        (b"PK\x03\x04xx", ["Excel"]),
        (b"Dato;Tekst\n20-11-2026;x\n", ["beløb"]),
        ("Dato;Beløb;Beløb\n".encode(), ["to kolonner"]),
        ("Dato;Beløb\n".encode(), ["ingen posteringer"]),
        ("Dato;Beløb\n30-02-2027;1\n20-11-2026;1.234\n".encode(), ["Linje 2, dato", "Linje 3, beløb"]),
        ("Dato;Beløb\n20-11-2026;1;2;3\n".encode(), ["Linje 2"]),
        ('Dato;Beløb\n20-11-2026;"1\n'.encode(), ["anførselstegn"]),
        ("Dato;Beløb;Betalings-id\n20-11-2026;1;7,1E+13\n".encode(), ["Excel har forkortet"]),
        (b"<html></html>", ["XML"]),
        (camt([ntry("1", DAY)])[:-30], ["ikke hel"]),
        (camt([ntry("1", DAY)]).replace(b"001.02", b"001.09"), ["camt.053.001.09"]),
        (camt([ntry("1", DAY).replace("2026-11-20", "2026-13-45")]), ["Postering 1"]),
        (camt([ntry("1", DAY).replace("1.00", "1,00")]), ["Postering 1"]),
        (camt([ntry("1", DAY), ntry("1", DAY).replace("CRDT", "XX")]), ["Postering 2"]),
        (camt([ntry("1", DAY)], summary="<TxsSummry><TtlNtries><NbOfNtries>2</NbOfNtries></TtlNtries></TxsSummry>"), ["2"]),
        (("Dato;Beløb\n20-11-2026;" + "9" * 40 + ".00\n").encode(), ["Linje 2, beløb: Beløbet er for stort"]),
        (camt([ntry("1", DAY).replace("2026-11-20", "0001-01-01")]), ["Postering 1: Datoen"]),
        (camt([ntry("1", DAY).replace("2026-11-20", "2026-W47-5")]), ["Postering 1: Datoen"]),
        (camt([ntry("1", DAY).replace("<Dt>2026-11-20</Dt>", "<DtTm>9999-12-31T23:59:59-12:00</DtTm>")]), ["Datoen"]),
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Document>&a;</Document>', ["dokumenttype"]),
        (b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><Document>&b;</Document>', ["dokumenttype"]),
    ],
    ids=range(22),
)  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_is_read(data: bytes, words: list[str]) -> None:
    with pytest.raises(BadFile) as refusal:
        read_file(data)
    for word in words:
        assert any(word in message for message in refusal.value.messages), refusal.value.messages
    assert refusal.value.field == "file"


def test_camt_in_two_bytes_a_sign_is_read() -> None:
    data = camt([ntry("1", DAY)]).decode().replace("UTF-8", "UTF-16")
    for encoding in ("utf-16-le", "utf-16-be"):
        assert only(("\ufeff" + data).encode(encoding)).amount == Decimal("1.00")


@given(data=st.binary(max_size=300) | st.binary(max_size=200).map(lambda rest: b"<Document" + rest))
def test_whatever_is_uploaded_is_read_or_refused(data: bytes) -> None:
    with suppress(BadFile):
        assert read_file(data).entries


def test_english_headings_and_amounts_with_a_point_are_read_in_a_file_with_commas() -> None:
    entry = only(b"Date,Amount,Payer\n2026-11-20,596.00,Bo\n")
    assert (entry.amount, entry.booked_on) == (Decimal("596.00"), DAY)


def test_what_the_guide_says_about_columns_is_so() -> None:
    from loans.payment_files.csv_file import COLUMNS

    guide: Any = {column.headings[0]: column.is_needed for column in COLUMNS}
    assert [name for name, needed in guide.items() if needed] == ["dato", "beløb"]
