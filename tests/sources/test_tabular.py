"""Headers are read as spelled, whatever the packing, and what is no table says why."""

import gzip
import io
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outlay.sources.contract import SourceError
from outlay.sources.tabular import Header, is_tabular, read_header, zip_members


def header(content: bytes, name: str = "bill.csv") -> Header:
    return read_header(io.BytesIO(content), name)


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def parquet(*names: str) -> bytes:
    stream = io.BytesIO()
    table = pa.Table.from_arrays([pa.array([1])] * len(names), names=list(names))
    pq.write_table(table, stream, compression="snappy")
    return stream.getvalue()


def test_plain_csv() -> None:
    assert header(b"a,b c,lineItem/UnblendedCost\n1,2,3\n") == Header(
        "csv", ("a", "b c", "lineItem/UnblendedCost"), ",", '"'
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_outside_quotes(delimiter: str) -> None:
    found = header(f'"a,;|x"{delimiter}b{delimiter}"c,,,,"\n1{delimiter}2'.encode())
    assert found.columns == ("a,;|x", "b", "c,,,,")
    assert found.delimiter == delimiter


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(encoding: str) -> None:
    text = "Größe,b\n1,2\n"
    content = text.encode(encoding)
    if encoding == "utf-16-le":
        content = b"\xff\xfe" + content
    found = header(content)
    assert found.columns == ("Größe", "b")
    assert found.encoding == ("utf-8" if encoding == "utf-8-sig" else "utf-16")


def test_latin_1() -> None:
    found = header("Größe,b\n1,2\n".encode("latin-1"))
    assert (found.columns, found.encoding) == (("Größe", "b"), "latin-1")


def test_names_that_differ_by_case_alone_are_two_columns() -> None:
    names = ("resourceTags/user:team", "resourceTags/user:TEAM")
    assert header(",".join(names).encode()).columns == names


def test_a_column_without_a_name_is_numbered() -> None:
    assert header(b"a,,c,\n").columns == ("a", "column_2", "c", "column_4")


def test_a_quoted_name_may_hold_a_line_break_and_quotes() -> None:
    assert header(b'"a\nb","say ""x""",c\n1,2,3').columns == ("a\nb", 'say "x"', "c")


def test_a_long_header_without_rows() -> None:
    names = tuple(f"resourceTags/user:tag-{number}" for number in range(2000))
    assert header(",".join(names).encode()).columns == names


def test_gzip_by_content_whatever_the_name() -> None:
    found = header(gzip.compress(b"a,b\n1,2\n"), "bill.csv")
    assert (found.columns, found.compression) == (("a", "b"), "gzip")


def test_zip_gives_its_csv_members_and_the_first_ones_header() -> None:
    content = zipped(
        {"b.csv": b"a;b\n1;2\n", "__MACOSX/b.csv": b"x", "sub/c.csv": b"a;b\n", "note.txt": b""}
    )
    found = header(content, "bill.zip")
    assert (found.columns, found.compression, found.delimiter) == (("a", "b"), "zip", ";")
    assert found.members == ("b.csv", "sub/c.csv")
    assert zip_members(io.BytesIO(content), "bill.zip") == ["b.csv", "sub/c.csv"]


def test_parquet_by_content_whatever_the_name() -> None:
    assert header(parquet("a", "A", "b/c"), "part-0") == Header("parquet", ("a", "A", "b/c"))


WHOLE_GZIP = gzip.compress(b"a,b\n" + bytes(range(256)) * 400)

BAD = {
    "empty": (b"", "bill.csv is empty (0 bytes); expected a CSV file"),
    "blank": (b"\n \n", "bill.csv is empty: it has no header row"),
    "empty gzip": (gzip.compress(b""), "bill.csv is empty: it has no header row"),
    "truncated gzip": (WHOLE_GZIP[:-20], "bill.csv is a gzip file that is cut short or damaged"),
    "truncated parquet": (parquet("a")[:-10], "begins like Parquet, but its footer cannot be read"),
    "truncated zip": (zipped({"a.csv": b"a,b\n"})[:-10], "is a zip archive that is cut short"),
    "zip without csv": (zipped({"a.txt": b"x"}), "without a CSV file; it holds a.txt"),
    "json": (b'{"code": 200}', "is no table: it begins with '{\"code\": 200}'"),
    "html": (b"<!DOCTYPE html>", "is no table: it begins with '<!DOCTYPE html>'"),
    "binary": (b"\x7fELF\x00\x00\x01", "is no table: it holds binary data"),
    "prose": (b"Access denied\nSorry\n", "its first line is 'Access denied', a single column"),
    "duplicate": (
        b"Cost,Id,Cost,Id,cost\n",
        "bill.csv has a duplicate header: 'Cost' in columns 1, 3; 'Id' in columns 2, 4.",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_table_says_what_where_and_what_next(case: str) -> None:
    content, message = BAD[case]
    with pytest.raises(SourceError) as caught:
        header(content)
    said = str(caught.value)
    assert message in said
    assert any(hint in said for hint in ("again", "instead", "Check")), said


def test_a_duplicate_in_parquet_is_an_error_too() -> None:
    with pytest.raises(SourceError, match="duplicate header: 'a' in columns 1, 2"):
        header(parquet("a", "a"), "part.parquet")


@pytest.mark.parametrize(
    ("path", "is_table"),
    [
        ("a/b.csv", True),
        ("a/b.CSV.GZ", True),
        ("b.snappy.parquet", True),
        ("b.zip", True),
        ("b-Manifest.json", False),
        ("_SUCCESS", False),
        (".b.csv", False),
    ],
)
def test_bill_files_by_name(path: str, is_table: bool) -> None:
    assert is_tabular(path) is is_table
