"""What a file is, by its content, and whether it is small enough to be opened (quality.md §3)."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile, ZipFile

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

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BARE_BIFF = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
_SAVE_AS = "请用 Excel 或 WPS 另存为 .xlsx 后重新上传"


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


# Names in the directory of a compound file, most telling first.
_OLE_STREAMS = (
    (_utf16("EncryptedPackage"), "encrypted"),
    (_utf16("WordDocument"), "Word 文档"),
    (_utf16("PowerPoint Document"), "演示文稿"),
    (_utf16("Workbook"), "xls"),
    (_utf16("Book"), "xls"),
)
_ZIP_ENTRIES = (
    ("xl/workbook.bin", "二进制工作簿（.xlsb）"),
    ("word/document.xml", "Word 文档"),
    ("ppt/presentation.xml", "演示文稿"),
    ("OFD.xml", "OFD 文件"),
    ("content.xml", "OpenDocument 文件"),
)


def kind_of(path: Path, name: str, *, most_unzipped: int = MAX_UNZIPPED_BYTES) -> str:
    """ "xlsx" or "xls", by content; the ending of the name does not matter.

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
        head = file.read(8)
    if head == _OLE:
        return _ole_kind(path.read_bytes(), name)
    if head.startswith(b"PK"):
        return _zip_kind(path, name, most_unzipped)
    raise Unreadable(f"文件“{name}”不是 Excel 工作簿（{_describe(path, head)}），{_SAVE_AS}")


def _ole_kind(content: bytes, name: str) -> str:
    kind = next(
        (kind for stream, kind in _OLE_STREAMS if stream in content), "其他 Office 文件，或已损坏"
    )
    if kind == "encrypted":
        raise Unreadable(has_password(name))
    if kind != "xls":
        raise Unreadable(f"文件“{name}”不是 Excel 工作簿（内容是{kind}），{_SAVE_AS}")
    return kind


def has_password(name: str) -> str:
    return f"文件“{name}”设有打开密码，请在 Excel 中取消密码并保存后重新上传"


def damaged(name: str) -> str:
    return f"文件“{name}”已损坏或不完整，无法读取，请在 Excel 中打开并重新保存后上传"


def too_big_inside(name: str) -> str:
    return f"文件“{name}”解压后过大，未予读取，请删除多余的空行、空列、图片和格式后另存再上传"


def too_many_cells(name: str) -> str:
    return f"文件“{name}”的单元格超过 {MAX_CELLS // 10_000} 万个，请拆分后分别上传"


def _zip_kind(path: Path, name: str, most_unzipped: int) -> str:
    try:
        with ZipFile(path) as archive:
            parts = archive.infolist()
    # NotImplementedError: an archive that says it needs a newer unpacker than there is
    except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Unreadable(damaged(name)) from error
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names and "[Content_Types].xml" not in names:
        described = next((text for entry, text in _ZIP_ENTRIES if entry in names), "压缩包")
        raise Unreadable(f"文件“{name}”不是 Excel 工作簿（内容是{described}），{_SAVE_AS}")
    for entry, text in _ZIP_ENTRIES:
        if entry in names:
            raise Unreadable(f"文件“{name}”不是 Excel 工作簿（内容是{text}），{_SAVE_AS}")
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable(has_password(name))
    unzipped = sum(part.file_size for part in parts)
    zipped = max(sum(part.compress_size for part in parts), 1)
    bomb = unzipped > RATIO_FREE_BYTES and unzipped > MAX_RATIO * zipped
    if bomb or unzipped > most_unzipped or len(parts) > MAX_PARTS:
        raise Unreadable(too_big_inside(name))
    return "xlsx"


def _describe(path: Path, head: bytes) -> str:
    if head.startswith(_BARE_BIFF):
        return "内容是早期版本的 Excel 文件"
    try:
        mime = puremagic.from_file(path, mime=True)
    except (puremagic.PureError, ValueError, OSError):
        mime = ""
    kinds = {"application/pdf": "PDF 文件", "image": "图片", "text": "文本或网页"}
    described = kinds.get(mime) or kinds.get(mime.partition("/")[0])
    if described:
        return f"内容是{described}"
    binary = b"\x00" in path.read_bytes()[:4096]
    return "无法识别其内容" if binary else "内容是文本或网页"
