"""A file is what its content says; what could do harm is refused, and what is served carries nothing unseen."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from dajing.kernel.catalog import objects
from dajing.kernel.forms import attachments, doctor
from dajing.kernel.forms.models import Attachment
from dajing.kernel.forms.refusals import FileRefused, TooManyFiles
from dajing.kernel.forms.scanning import UnableToScan, scan
from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.models import Person
from dajing.kernel.ledger.models import Entry
from dajing.kernel.settings import Settings, settings

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2018, 6, 4, 2, tzinfo=UTC)
GPS, ORIENTATION, GPS_LATITUDE, GPS_LONGITUDE = 0x8825, 0x0112, 2, 4  # Exif 2.32, tables 4 and 15
BY = Actor(id="person:1", name="甲")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def picture(kind="JPEG", size=(60, 40), **more):
    image, out = Image.new("RGB", size, (200, 30, 30)), io.BytesIO()
    image.putpixel((0, 0), (0, 0, 255))
    image.save(out, format=kind, **more)
    return out.getvalue()


def photograph():
    """A picture taken at 40.77° N, 114.88° E, held upright by a note in the metadata alone."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010F] = "SECRETCAMERA"
    exif.get_ifd(GPS).update({1: "N", GPS_LATITUDE: (40.0, 46.0, 12.0), 3: "E", GPS_LONGITUDE: (114.0, 52.0, 48.0)})
    return picture(exif=exif, comment=b"SECRETCOMMENT") + b"SECRETTAIL"


def office(names=("[Content_Types].xml", "word/document.xml"), **parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "<x/>")
        for name, body in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), body)
    return out.getvalue()


def keep(body, name="证明.jpg", **more):
    return attachments.keep(body=body, name=name, by=BY, at=AT, **({"owner": "case:c"} | more))


def served(row):
    return objects.place(digest=row.served).read_bytes()


def test_position_camera_comment_and_tail_are_gone_from_what_is_served_and_the_original_is_sealed():
    original = photograph()
    with Image.open(io.BytesIO(original)) as there:
        assert there.getexif().get_ifd(GPS)[GPS_LATITUDE] == (40.0, 46.0, 12.0)
    row = keep(original)
    copy = served(row)
    with Image.open(io.BytesIO(copy)) as shown:
        assert dict(shown.getexif()) == {} and "comment" not in shown.info and "exif" not in shown.info
        assert shown.size == (40, 60)  # turned upright, as the note said
    for secret in (b"SECRET", b"Exif", b"GPS"):
        assert secret in original or secret == b"GPS"
        assert secret not in copy
    assert objects.place(digest=row.sha256).read_bytes() == original
    entry = Entry.objects.get(act="forms.attachment.kept")
    assert row.sha256.encode() in bytes(entry.body) and row.served.encode() in bytes(entry.body)
    assert row.scan == "not_scanned"


@pytest.mark.parametrize(("kind", "ending"), [("PNG", "png"), ("WEBP", "webp")])
def test_other_pictures_lose_their_metadata_too(kind, ending):
    exif = Image.Exif()
    exif[0x010F] = "SECRETCAMERA"
    row = keep(picture(kind, exif=exif), name=f"a.{ending}")
    assert row.type == f"image/{ending}" and b"SECRETCAMERA" not in served(row)


@pytest.mark.parametrize(
    ("body", "name", "reason"),
    [
        (b"MZ\x90\x00" + b"\0" * 500, "照片.jpg", "none of the accepted types"),
        (b"<html><script>alert(1)</script></html>", "a.pdf", "none of the accepted types"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "a.png", "none of the accepted types"),
        (PDF, "照片.jpg", "does not fit its content"),
        (picture(), "报告.pdf", "does not fit its content"),
        (picture()[:200], "a.jpg", "damaged"),
        (b"\xff\xd8\xff" + b"\0" * 100, "a.jpg", "damaged"),
        (b"", "a.jpg", "empty"),
        (picture() + office(), "a.jpg", "several types"),
        (PDF + office(), "a.pdf", "several types"),
        (b"<html><script>x()</script>" + PDF, "a.pdf", "several types"),
        (b"junk" + office(), "a.docx", "none of the accepted types"),
        (picture("PNG").replace(b"IDAT", b"%PDF-", 1), "a.png", "several types"),
        (office(word__vbaProject_bin=b"x"), "a.docx", "macros"),
        (office(word__embeddings__evil_exe=b"MZ"), "a.docx", "macros"),
        (office(names=("a.txt",)), "a.zip", "none of the accepted types"),
        (office(names=("word/document.xml", "xl/workbook.xml")), "a.docx", "none of the accepted types"),
    ],
)  # fmt: skip
def test_what_is_not_what_it_seems_is_refused_and_nothing_is_kept(body, name, reason):
    with pytest.raises(FileRefused) as refused:
        keep(body, name=name)
    assert reason in refused.value.message.en
    assert not Attachment.objects.exists() and not Entry.objects.exists()


def test_documents_are_kept_as_they_are():
    workbook = office(names=("[Content_Types].xml", "xl/workbook.xml"))
    layout = office(names=("OFD.xml", "Doc_0/Document.xml"))
    for body, name, media in (
        (PDF, "a.pdf", "application/pdf"),
        (office(), "b.docx", "wordprocessingml"),
        (workbook, "c.xlsx", "spreadsheetml"),
        (layout, "d.ofd", "application/ofd"),
    ):
        row = keep(body, name=name)
        assert media in row.type and row.served == row.sha256 and served(row) == body


def test_a_bomb_is_measured_and_never_unpacked_into_memory():
    import tracemalloc

    bomb = office(word__media__image_bin=b"\0" * (60 << 20))
    assert len(bomb) < 1 << 20
    tracemalloc.start()
    with pytest.raises(FileRefused, match="解开后过大"):
        keep(bomb, name="a.docx")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20


def test_a_bomb_that_lies_about_its_size_is_refused():
    bomb = bytearray(office(word__media__image_bin=b"\0" * (30 << 20)))
    size = (30 << 20).to_bytes(4, "little")
    assert bomb.count(size) == 2  # local header and directory
    lie = bytes(bomb).replace(size, (9).to_bytes(4, "little"))
    with pytest.raises(FileRefused):
        keep(lie, name="a.docx")


def test_a_picture_that_unfolds_to_gigabytes_is_refused_before_it_is_drawn():
    import struct
    import zlib

    def chunk(name, data):
        return struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data))

    head = struct.pack("!IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(b"\0" * 99)), chunk(b"IEND", b""))
    body = b"\x89PNG\r\n\x1a\n" + b"".join(parts)
    with pytest.raises(FileRefused, match="4000 万像素"):
        keep(body, name="a.png")


def test_number_size_and_sum_are_bounded_before_a_byte_is_read():
    class Unread:
        name = "a.jpg"

        def __init__(self, size):
            self.size = size

        def read(self):
            raise AssertionError("it was read")

    for files in ([Unread(10)] * 200, [Unread(19 << 20)] * 4):
        with pytest.raises(TooManyFiles):
            attachments.keep_uploaded(files=files, owner="case:c", by=BY, at=AT)
    kept, refused = attachments.keep_uploaded(files=[Unread(21 << 20)], owner="case:c", by=BY, at=AT)
    assert not kept and "20 MB" in refused[0].zh


def test_of_several_files_the_good_are_kept_and_the_others_named():
    files = [SimpleUploadedFile("好.png", picture("PNG")), SimpleUploadedFile("坏.png", b"MZ"),
             SimpleUploadedFile("x.pdf", PDF)]  # fmt: skip
    kept, refused = attachments.keep_uploaded(files=files, owner="case:c", by=BY, at=AT)
    assert [row.name for row in kept] == ["好.png", "x.pdf"]
    assert len(refused) == 1 and "坏.png" in refused[0].zh


def test_the_same_file_twice_is_one_attachment():
    assert keep(PDF, name="a.pdf").pk == keep(PDF, name="b.pdf").pk
    assert Entry.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [("../../etc/passwd.pdf", "passwd.pdf"), ("C:\\Users\\x\\报告.pdf", "报告.pdf"),
     ("发票\u202efdp.exe.pdf", "发票fdp.exe.pdf"),
     ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie x.pdf"), ("...pdf", "file.pdf"),
     ("长" * 500 + ".pdf", "长" * 100 + ".pdf")],
)  # fmt: skip
def test_a_name_is_only_a_name(given, kept):
    row = keep(PDF, name=given)
    assert row.name == kept


def test_only_who_brought_it_and_who_may_read_its_owner_open_it(client):
    people = [Person.objects.create_user(login=name, name=name) for name in ("a", "b")]
    row = attachments.keep(
        body=photograph(), name="a.jpg", owner="case:c", by=Actor(id=f"person:{people[0].pk}", name="a"), at=AT
    )  # fmt: skip
    address = f"/attachments/{row.pk}/"
    assert client.get(address).status_code == 302
    client.force_login(people[1])
    assert client.get(address).status_code == client.get("/attachments/999999/").status_code == 404
    client.force_login(people[0])
    answer = client.get(address)
    assert b"".join(answer.streaming_content) == served(row)
    assert answer["Content-Type"] == "image/jpeg" and answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"] and "script" not in answer["Content-Security-Policy"]
    original = client.get(address + "?original=1")
    assert original["Content-Type"] == "application/octet-stream"
    assert original["Content-Disposition"].startswith("attachment;")
    assert Entry.objects.filter(act="forms.attachment.opened").count() == 1


def test_a_document_is_a_download_that_can_do_nothing(client):
    person = Person.objects.create_user(login="a", name="a")
    row = attachments.keep(
        body=PDF, name="报告.pdf", owner="case:c", by=Actor(id=f"person:{person.pk}", name="a"), at=AT
    )
    client.force_login(person)
    answer = client.get(f"/attachments/{row.pk}/")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == "attachment; filename*=UTF-8''%E6%8A%A5%E5%91%8A.pdf"
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_without_a_scanner_nothing_is_called_clean_and_with_a_dead_one_nothing_is_taken(monkeypatch):
    assert scan(body=PDF, url="").state == "not_scanned"
    dead = settings().model_copy(update={"scanner": "clamd://127.0.0.1:9"})
    monkeypatch.setattr("dajing.kernel.forms.scanning.settings", lambda: dead)
    with pytest.raises(UnableToScan):
        keep(PDF, name="a.pdf")
    assert not Attachment.objects.exists()


def test_doctor_says_whether_files_are_scanned():
    demo, real = Settings(), Settings(demo="none")
    assert doctor.scanner(demo, AT).state == "good" and doctor.scanner(real, AT).state == "warning"
    dead = doctor.scanner(real.model_copy(update={"scanner": "clamd://127.0.0.1:9"}), AT)
    assert dead.state == "bad" and "clamd" in dead.cure.en
