"""Packing codes and structure into bytes, few bits each, as the C reader takes them out.

Bits are packed from the least significant end of each byte. A codebook of 3, 5 or 6 values takes
less room as digits: 5 digits to base 3, or 3 digits to base 5 or 6, fit a byte (1.6 and 2.67 bits
a weight instead of 2 and 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bitproof.interop.c_blocks import Blocks, Encoding, Finish

DIGITS_PER_BYTE = {3: 5, 5: 3, 6: 3}
WIDEST_PLAIN_CODE = 16


@dataclass(frozen=True, slots=True)
class Codes:
    """The weights' codes in bytes.

    Attributes:
        data: the bytes.
        count: how many codes.
        bits: bits of a code; 0 where digits are packed.
        base, digits: where digits are packed, their base and how many a byte has; else 0.
        book: the integer each code stands for; empty for two's complement codes.
    """

    data: bytes
    count: int
    bits: int
    base: int
    digits: int
    book: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Structure:
    """Everything else in bytes: a stream of fields of fixed widths.

    Attributes:
        data: the bytes.
        scales: the scales (and exact divisors); fields refer to them by their place.
        finishes: in a network with fixed-point layers, what the finish fields refer to.
        rows, runs, slot, length, scale, finish: bits of a field that counts rows (less 1), counts
            runs, names a slot, counts a run's values (less 1), and refers to a scale or finish.
    """

    data: bytes
    scales: tuple[int, ...]
    finishes: tuple[Finish, ...]
    rows: int
    runs: int
    slot: int
    length: int
    scale: int
    finish: int


def pack_bits(fields: Iterable[tuple[int, int]]) -> bytes:
    """Fields (value, bits), the first in the least significant bits of the first byte.

    >>> pack_bits([(1, 1), (2, 2), (7, 3), (1, 3)]).hex()
    '7d00'
    """
    packed, held, count = bytearray(), 0, 0
    for value, bits in fields:
        held |= value << count
        count += bits
        while count >= 8:
            packed.append(held & 255)
            held >>= 8
            count -= 8
    if count:
        packed.append(held)
    return bytes(packed)


def pack_digits(digits: Sequence[int], base: int, per_byte: int) -> bytes:
    """Digits, the first in the lowest place of the first byte.

    >>> pack_digits([1, 2, 0, 0, 1, 2], 3, 5).hex()
    '5802'
    """
    packed = bytearray()
    for start in range(0, len(digits), per_byte):
        byte = 0
        for digit in reversed(digits[start : start + per_byte]):
            byte = byte * base + digit
        packed.append(byte)
    return bytes(packed)


def pack_codes(blocks: Blocks) -> Codes:
    """The codes of all blocks in the order the C code reads them."""
    codes = [code for block in blocks.blocks for code in block.codes]
    if not codes:
        return Codes(b"", 0, 0, 0, 0, (0,))
    if blocks.encoding is Encoding.OWN:
        return _smaller(codes, blocks.alphabet)
    if blocks.alphabet:
        return _with_book(codes, blocks.alphabet)
    bits = blocks.code_bits
    if bits > WIDEST_PLAIN_CODE:
        return _with_book(codes, tuple(sorted(set(codes))))
    return _plain(codes, bits)


def _plain(codes: list[int], bits: int) -> Codes:
    data = pack_bits((code & ((1 << bits) - 1), bits) for code in codes)
    return Codes(data, len(codes), bits, 0, 0, ())


def _smaller(codes: list[int], alphabet: tuple[int, ...]) -> Codes:
    """Two's complement or a book, whichever takes less room with the book's own."""
    booked = _with_book(codes, alphabet)
    bits = max(max(code, -code - 1).bit_length() for code in codes) + 1
    entry_bytes = 1 << max(0, (bits - 1).bit_length() - 3)
    if bits > WIDEST_PLAIN_CODE:
        return booked
    plain = _plain(codes, bits)
    small = len(plain.data) <= len(booked.data) + entry_bytes * len(booked.book)
    return plain if small else booked


def _with_book(codes: list[int], book: tuple[int, ...]) -> Codes:
    place = {value: index for index, value in enumerate(book)}
    indices = [place[code] for code in codes]
    digits = DIGITS_PER_BYTE.get(len(book), 0)
    if digits:
        data = pack_digits(indices, len(book), digits)
        return Codes(data, len(codes), 0, len(book), digits, book)
    bits = max(len(book) - 1, 0).bit_length()
    return Codes(pack_bits((index, bits) for index in indices), len(codes), bits, 0, 0, book)


def pack_structure(blocks: Blocks) -> Structure:
    """The structure of all blocks; the C code reads the fields in this order:

    rows - 1, number of runs, finish, biased, slot of the result, and where biased the bias's
    scale; then for every run its slot, length - 1 and scale. The finish is a relu bit and the
    divisor's place among the scales, or the place among the finishes.
    """
    finishes = blocks.finishes if blocks.rounds else ()
    scales = sorted(
        {block.bias_scale for block in blocks.blocks}
        | {run.scale for block in blocks.blocks for run in block.runs}
        | {block.finish.divisor for block in blocks.blocks if not finishes}
    )
    place = {scale: index for index, scale in enumerate(scales)}
    finish_place = {finish: index for index, finish in enumerate(finishes)}
    runs = [run for block in blocks.blocks for run in block.runs]
    form = Structure(
        data=b"",
        scales=tuple(scales),
        finishes=finishes,
        rows=max(block.rows - 1 for block in blocks.blocks).bit_length(),
        runs=max(len(block.runs) for block in blocks.blocks).bit_length(),
        slot=max(blocks.slots - 1, 0).bit_length(),
        length=max((run.length - 1 for run in runs), default=0).bit_length(),
        scale=(len(scales) - 1).bit_length(),
        finish=max(len(finishes) - 1, 0).bit_length(),
    )
    fields = list[tuple[int, int]]()
    for block in blocks.blocks:
        fields += [
            (block.rows - 1, form.rows),
            (len(block.runs), form.runs),
        ]
        if finishes:
            fields.append((finish_place[block.finish], form.finish))
        else:
            fields.append((int(block.finish.relu), 1))
            fields.append((place[block.finish.divisor], form.scale))
        fields += [(int(block.biased), 1), (block.to, form.slot)]
        if block.biased:
            fields.append((place[block.bias_scale], form.scale))
        for run in block.runs:
            fields += [
                (run.start, form.slot),
                (run.length - 1, form.length),
                (place[run.scale], form.scale),
            ]
    return replace(form, data=pack_bits(fields))
