"""What a file is, by its content, and whether it is small enough to be opened (quality.md §3)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Sequence
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

import puremagic

from apps.common.errors import Unreadable

MEBIBYTE = 1024 * 1024
MAX_FILE_BYTES = 20 * MEBIBYTE
MAX_UNZIPPED_BYTES = 200 * MEBIBYTE
MAX_PARTS = 5_000
# Real workbooks stay below this; beyond the first ten mebibytes it marks a bomb.
MAX_RATIO = 100
RATIO_FREE_BYTES = 10 * MEBIBYTE
MAX_CELLS = 2_000_000
# Of documents and web pages: no office prints a table of this size.
MAX_MARKUP_CELLS = 300_000

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BARE_BIFF = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
_SAVE_AS = "也不是能读取的表格，请用 Excel 或 WPS 另存为 .xlsx（文档另存为 .docx）后重新上传"


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


# Names in the directory of a compound file, most telling first.
_OLE_STREAMS = (
    (_utf16("EncryptedPackage"), "encrypted"),
    (_utf16("WordDocument"), "doc"),
    (_utf16("PowerPoint Document"), "演示文稿"),
    (_utf16("Workbook"), "xls"),
    (_utf16("Book"), "xls"),
)
_READ_OLE = frozenset({"xls", "doc"})
_OTHER_ENTRIES = (
    ("xl/workbook.bin", "二进制工作簿（.xlsb）"),
    ("ppt/presentation.xml", "演示文稿"),
    ("OFD.xml", "OFD 文件"),
)
_SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"
_MIME_BYTES = 200
_LOOKED_AT = 64 * 1024
# What a web page begins with, or has soon after its beginning.
_WEB = re.compile(rb"<(?:!doctype html|html|head|body|table|meta|style|div)[\s>]", re.IGNORECASE)
_MAIL = re.compile(rb"\s*(?:MIME-Version|Content-Type|From):", re.IGNORECASE)
_XML_BOOK = b"urn:schemas-microsoft-com:office:spreadsheet"
# A text may hold a stray control character; many of them make it none.
_FEW = 50
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def kind_of(path: Path, name: str, *, most_unzipped: int = MAX_UNZIPPED_BYTES) -> str:
    """xlsx, xls, ods, docx, doc, html, mail or text, by content; the ending does not matter.

    Raises Unreadable for anything else, and for what is too large to look into.
    """
    size = path.stat().st_size
    if size == 0:
        raise Unreadable(f"文件“{name}”是空的，请重新选择文件")
    if size > MAX_FILE_BYTES:
        raise Unreadable(
            f"文件“{name}”有 {size / MEBIBYTE:.0f} MB，超过 {MAX_FILE_BYTES // MEBIBYTE} MB"
            "的上限，请拆分后分别上传"
        )
    with path.open("rb") as file:
        head = file.read(_LOOKED_AT)
    if head.startswith(_OLE):
        return _ole_kind(path.read_bytes(), name)
    if head.startswith(b"PK"):
        return _zip_kind(path, name, most_unzipped)
    kind = _text_kind(head)
    if kind:
        return kind
    raise Unreadable(f"文件“{name}”不是 Excel 工作簿（{_describe(path, head)}），{_SAVE_AS}")


def _text_kind(head: bytes) -> str:
    """ "" for what is no text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "ignore").encode()
    if head.startswith((b"%PDF", b"{\\rtf")) or head.startswith(_BARE_BIFF):
        return ""
    if _XML_BOOK in head and b"<?xml" in head[:100]:
        return "xml"
    if _MAIL.match(head):
        return "mail"
    if _WEB.search(head):
        return "html"
    return "" if len(_NOT_TEXT.findall(head)) * _FEW > len(head) else "text"


def _ole_kind(content: bytes, name: str) -> str:
    kind = next(
        (kind for stream, kind in _OLE_STREAMS if stream in content), "其他 Office 文件，或已损坏"
    )
    if kind == "encrypted":
        raise Unreadable(has_password(name))
    if kind not in _READ_OLE:
        raise Unreadable(f"文件“{name}”不是 Excel 工作簿（内容是{kind}），{_SAVE_AS}")
    return kind


def has_password(name: str) -> str:
    return f"文件“{name}”设有打开密码，请取消密码并保存后重新上传"


def damaged(name: str) -> str:
    return f"文件“{name}”已损坏或不完整，无法读取，请用原软件打开并重新保存后上传"


def too_big_inside(name: str) -> str:
    return f"文件“{name}”解压后过大，未予读取，请删除多余的空行、空列、图片和格式后另存再上传"


def too_many_cells(name: str, most: int = MAX_CELLS) -> str:
    return f"文件“{name}”的单元格超过 {most // 10_000} 万个，请拆分后分别上传"


def _zip_kind(path: Path, name: str, most_unzipped: int) -> str:
    try:
        with ZipFile(path) as archive:
            parts = archive.infolist()
            kind = _package_kind(archive, parts, name)
    # NotImplementedError: an archive that says it needs a newer unpacker than there is;
    # RuntimeError: a part with a password
    except (
        BadZipFile,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
        zlib.error,
    ) as error:
        raise Unreadable(damaged(name)) from error
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable(has_password(name))
    unzipped = sum(part.file_size for part in parts)
    zipped = max(sum(part.compress_size for part in parts), 1)
    bomb = unzipped > RATIO_FREE_BYTES and unzipped > MAX_RATIO * zipped
    if bomb or unzipped > most_unzipped or len(parts) > MAX_PARTS:
        raise Unreadable(too_big_inside(name))
    return kind


def _package_kind(archive: ZipFile, parts: Sequence[ZipInfo], name: str) -> str:
    names = {part.filename for part in parts}
    for entry, text in _OTHER_ENTRIES:
        if entry in names:
            raise Unreadable(f"文件“{name}”不是 Excel 工作簿（内容是{text}），{_SAVE_AS}")
    if "content.xml" in names and "xl/workbook.xml" not in names:
        return _open_document(archive, names, name)
    if any(entry.startswith("word/") for entry in names):
        return "docx"
    if "xl/workbook.xml" in names or "[Content_Types].xml" in names:
        return "xlsx"
    raise Unreadable(f"文件“{name}”不是 Excel 工作簿（内容是压缩包），{_SAVE_AS}")


def _open_document(archive: ZipFile, names: Collection[str], name: str) -> str:
    def beginning(entry: str) -> bytes:
        if entry not in names:
            return b""
        with archive.open(entry) as stream:
            return stream.read(_LOOKED_AT)

    manifest = beginning("META-INF/manifest.xml")
    if b"encryption-data" in manifest:
        raise Unreadable(has_password(name))
    if _SPREADSHEET in beginning("mimetype")[:_MIME_BYTES] + manifest:
        return "ods"
    raise Unreadable(f"文件“{name}”不是 Excel 工作簿（内容是 OpenDocument 文字文件），{_SAVE_AS}")


def _describe(path: Path, head: bytes) -> str:
    if head.startswith(_BARE_BIFF):
        return "内容是早期版本的 Excel 文件"
    if head.startswith(b"{\\rtf"):
        return "内容是 RTF 文档"
    try:
        mime = puremagic.from_file(path, mime=True)
    except (puremagic.PureError, ValueError, OSError):
        mime = ""
    kinds = {"application/pdf": "PDF 文件", "image": "图片"}
    described = kinds.get(mime) or kinds.get(mime.partition("/")[0])
    return f"内容是{described}" if described else "无法识别其内容"
