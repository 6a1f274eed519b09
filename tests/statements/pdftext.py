"""The text of a PDF that WeasyPrint made: its glyphs, read back by the fonts' own tables."""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\s*(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_PAIR = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")
_TOKEN = re.compile(rb"/(\S+)\s+[\d.]+\s+Tf|\[(.*?)\]\s*TJ|<([0-9a-fA-F]*)>\s*Tj", re.DOTALL)


def pages(content: bytes) -> list[str]:
    """The text of each page, in the order in which it is drawn, without spaces between runs."""
    objects = {int(number): body for number, body in _OBJECT.findall(content)}
    for body in list(objects.values()):
        if b"/Type /ObjStm" in body:
            objects |= _packed(body)
    fonts = {
        name: _glyphs(objects, int(number))
        for body in objects.values()
        for name, number in re.findall(rb"/(\S+) (\d+) 0 R", _fonts(objects, body))
    }
    found = []
    for body in objects.values():
        if re.search(rb"/Type\s*/Page\b", body):
            reference = re.search(rb"/Contents (\d+) 0 R", body)
            assert reference is not None
            found.append(_drawn(_unpacked(objects[int(reference[1])]), fonts))
    return found


def _packed(body: bytes) -> dict[int, bytes]:
    """The objects within a stream of objects."""
    count, first = (int(n) for n in re.findall(rb"/(?:N|First) (\d+)", body)[:2])
    text = _unpacked(body)
    numbers = [int(number) for number in text[:first].split()[: 2 * count]]
    starts = [first + offset for offset in numbers[1::2]]
    ends = [*starts[1:], len(text)]
    return {n: text[a:b] for n, a, b in zip(numbers[::2], starts, ends, strict=True)}


def _fonts(objects: dict[int, bytes], body: bytes) -> bytes:
    """The names of fonts that a dictionary of resources has, with their objects."""
    direct = re.search(rb"/Font\s*<<(.*?)>>", body, re.DOTALL)
    if direct:
        return direct[1]
    reference = re.search(rb"/Font (\d+) 0 R", body)
    return objects[int(reference[1])] if reference else b""


def _glyphs(objects: dict[int, bytes], font: int) -> dict[int, str]:
    reference = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
    assert reference is not None
    table = _unpacked(objects[int(reference[1])])
    return {
        int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
        for glyph, text in _PAIR.findall(table)
    }


def _unpacked(body: bytes) -> bytes:
    stream = _STREAM.search(body)
    assert stream is not None
    return zlib.decompressobj().decompress(stream[1]) if b"FlateDecode" in body else stream[1]


def _drawn(stream: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    glyphs: dict[int, str] = {}
    text = []
    for font, runs, run in _TOKEN.findall(stream):
        if font:
            glyphs = fonts[font]
            continue
        for part in re.findall(rb"<([0-9a-fA-F]*)>", runs) if runs else [run]:
            text += [glyphs.get(int(part[i : i + 4], 16), "?") for i in range(0, len(part), 4)]
        text.append("\n")
    return "".join(text)
