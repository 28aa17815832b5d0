"""The members of a zip archive that nobody vouches for.

Only what `numpy.savez` and `numpy.savez_compressed` make use of is read: members one after another from the first byte
on, stored or deflated, sizes below 4 GiB.  What an archive says of itself is held against its bytes before anything of
the size it claims is made; whatever is left out here (encryption, other compressions, zip64, several disks, overlapping
members, bytes before or after the archive) is refused, since it has no use but to mislead.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["ArchiveError", "Member", "content_of", "members_of"]

END = struct.Struct(
    "<4s4H2LH"
)  # signature, disks (2), members (2), bytes of the directory, its place, comment
ENTRY = struct.Struct("<4s6H3L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")
END_MARK, ENTRY_MARK, LOCAL_MARK, ZIP64_MARK = b"PK\5\6", b"PK\1\2", b"PK\3\4", b"PK\6\7"
ZIP64_LOCATOR = 20  # bytes before the end record
LONGEST_COMMENT = 2**16 - 1
STORED, DEFLATED = 0, 8
READ_FLAGS = 0x0808 | 0x0006  # sizes after the data, names in UTF-8; the pace of the compressor
UTF8 = 0x0800
LONGEST_NAME = 100


class ArchiveError(ValueError):
    """The bytes are no archive of the plain kind, or not what they say; the message says why."""


@dataclass(frozen=True)
class Member:
    """One member, its claims held against the archive but not yet against its own bytes.

    Parameters
    ----------
    name : str
        Printable, without slashes; never a path.
    begin, end : int
        Where its header begins and its data ends.
    data : int
        Where its data begins.
    size : int
        Bytes, unpacked.
    method, checksum : int
        0 or 8 (deflate); CRC-32.
    """

    name: str
    begin: int
    data: int
    end: int
    size: int
    method: int
    checksum: int


def members_of(archive: bytes, most: int) -> list[Member]:
    """Return the members of an archive.

    Parameters
    ----------
    archive : bytes
    most : int
        Members; an archive of more is refused without looking at them.

    Raises
    ------
    ArchiveError
        If it is no plain archive.
    """
    end = _end(archive)
    (_, disk, first_disk, here, count, size, place, _) = END.unpack_from(archive, end)
    if (
        disk
        or first_disk
        or here != count
        or archive[max(0, end - ZIP64_LOCATOR) : end].startswith(ZIP64_MARK)
    ):
        raise ArchiveError("it is spread over several disks, or in the format for more than 4 GiB")
    if count > most:
        raise ArchiveError(f"it has {count} members, where at most {most} are read")
    if place + size != end or not archive.startswith(LOCAL_MARK if count else END_MARK):
        raise ArchiveError("it has bytes of another kind before or between its parts")
    members = list(_entries(archive, place, end, count))
    _refuse_overlap(members, place)
    return members


def content_of(archive: bytes, member: Member) -> bytes:
    """Return the bytes of one member, never more than it claims.

    Raises
    ------
    ArchiveError
        If they are not as many as it claims, or have another checksum.
    """
    packed = memoryview(archive)[member.data : member.end]
    content = bytes(packed) if member.method == STORED else _inflated(packed, member)
    if len(content) != member.size or zlib.crc32(content) != member.checksum:
        raise ArchiveError(f"`{member.name}` is not what its checksum and size of {member.size} bytes say")
    return content


def _end(archive: bytes) -> int:
    """Return where the record begins that every archive ends in."""
    least = len(archive) - END.size
    found = archive.rfind(END_MARK, max(0, least - LONGEST_COMMENT))
    if not 0 <= found <= least:
        raise ArchiveError("it has no end record")
    if found + END.size + END.unpack_from(archive, found)[-1] != len(archive):
        raise ArchiveError("it goes on after its end record")
    return found


def _entries(archive: bytes, place: int, end: int, count: int) -> Iterator[Member]:
    """Yield the members that the directory lists."""
    for _ in range(count):
        if place + ENTRY.size > end or archive[place : place + 4] != ENTRY_MARK:
            raise ArchiveError("its directory ends early")
        (*_, name_length, extra, comment, _, _, _, _) = ENTRY.unpack_from(archive, place)
        after = place + ENTRY.size + name_length + extra + comment
        if after > end:
            raise ArchiveError("its directory ends early")
        yield _member(archive, place, name_length)
        place = after
    if place != end:
        raise ArchiveError("its directory lists more than it counts")


def _member(archive: bytes, place: int, name_length: int) -> Member:
    """Return the member of a directory entry once its local header says the same."""
    found = ENTRY.unpack_from(archive, place)
    (_, _, _, flags, method, _, _, checksum, packed, size, _, _, _, disk, _, _, begin) = found
    raw = archive[place + ENTRY.size : place + ENTRY.size + name_length]
    name = _name(raw, flags)
    if flags & ~READ_FLAGS or method not in (STORED, DEFLATED) or disk:
        raise ArchiveError(f"`{name}` is encrypted, or packed in another way than stored or deflated")
    if begin + LOCAL.size > place or archive[begin : begin + 4] != LOCAL_MARK:
        raise ArchiveError(f"`{name}` is not where the directory says")
    (_, _, own_flags, own_method, _, _, _, _, _, own_length, extra) = LOCAL.unpack_from(archive, begin)
    data = begin + LOCAL.size + own_length + extra
    if (own_flags, own_method, archive[begin + LOCAL.size :][:own_length]) != (flags, method, raw):
        raise ArchiveError(f"`{name}` is another member in its own header than in the directory")
    if method == STORED and packed != size:
        raise ArchiveError(f"`{name}` is stored as it is, yet claims to grow from {packed} to {size} bytes")
    return Member(name, begin, data, data + packed, size, method, checksum)


def _name(raw: bytes, flags: int) -> str:
    """Return the name of a member, if it is one that a message, a page and a log can show."""
    try:
        name = raw.decode("utf-8" if flags & UTF8 else "ascii")
    except UnicodeDecodeError as error:
        raise ArchiveError("the name of a member is not UTF-8") from error
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or set(name) & set("/\\:") or ".." in name:
        raise ArchiveError(
            f"a member is called {ascii(name)[: LONGEST_NAME + 2]}: expected printable names without `/`, `\\`, `:`, `..`, "
            f"of at most {LONGEST_NAME} characters"
        )
    return name


def _refuse_overlap(members: list[Member], directory: int) -> None:
    """Refuse members that share bytes: a few of those could unpack to any size."""
    ordered = sorted(members, key=lambda member: member.begin)
    for one, other in pairwise(ordered):
        if one.end > other.begin:
            raise ArchiveError(f"`{one.name}` and `{other.name}` overlap")
    if ordered and ordered[-1].end > directory:
        raise ArchiveError(f"`{ordered[-1].name}` overlaps the directory")


def _inflated(packed: memoryview, member: Member) -> bytes:
    """Return what deflated bytes become; one byte more than claimed is enough to tell that they lie."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = inflater.decompress(packed, member.size + 1)
    except zlib.error as error:
        raise ArchiveError(f"`{member.name}` cannot be unpacked ({error})") from error
    if len(content) > member.size or not inflater.eof or inflater.unused_data:
        raise ArchiveError(f"`{member.name}` does not unpack to the {member.size} bytes that it claims")
    return content
