"""Archives as tar.gz files, folders of any depth, and folders with several parts; none can fill the memory."""

import gzip
import io
import shutil
import tarfile

import pytest

from renown.errors import InvalidInputError
from renown.imports.archives import containers, read_archive
from test_archives import NOW, mastodon_files, pack_zip


def pack_tar(path, files):
    """Write a tar.gz file."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def unpack(folder, files):
    """Write files to a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@pytest.fixture
def expected(tmp_path):
    """Return the contents of the archive as one ZIP file."""
    folder = tmp_path / "one"
    folder.mkdir()
    return read_archive("mastodon-archive", pack_zip(folder, mastodon_files()), now=NOW)


@pytest.mark.parametrize("prefix", ["", "./", "export/"])
def test_tar_file_is_read_like_a_zip_file(tmp_path, expected, prefix):
    """Older servers export tar.gz files; their paths may begin with ``./``."""
    files = {f"{prefix}{name}": content for name, content in mastodon_files().items()}

    assert expected == read_archive("mastodon-archive", pack_tar(tmp_path / "a.tar.gz", files), now=NOW)


def test_folder_is_read_at_any_depth(tmp_path, expected):
    """Somebody unpacked the archive into folders of their own."""
    unpack(tmp_path / "deep" / "a" / "b" / "c" / "d", mastodon_files())

    assert expected == read_archive("mastodon-archive", tmp_path / "deep", now=NOW)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_parts_in_a_folder_are_one_archive(tmp_path, expected, kind):
    """Networks split large exports: each part has other files."""
    folder = tmp_path / "parts"
    folder.mkdir()
    for index, (name, content) in enumerate(mastodon_files().items()):
        if kind == "tar":
            pack_tar(folder / f"part-{index}.tar.gz", {name: content})
        else:
            (tmp_path / f"{index}").mkdir()
            shutil.move(pack_zip(tmp_path / f"{index}", {name: content}), folder / f"part-{index}.zip")

    assert expected == read_archive("mastodon-archive", folder, now=NOW)


def test_tar_bomb_is_refused_while_it_is_listed(tmp_path):
    """A list of a tar file needs all of it decompressed; that ends at the limit, whatever the header says."""
    header = tarfile.TarInfo("outbox.json")
    header.size = 10**12
    path = tmp_path / "bomb.tar.gz"
    with gzip.open(path, "wb") as file:
        file.write(header.tobuf())
        for _ in range(40):
            file.write(bytes(1_000_000))

    with pytest.raises(InvalidInputError, match=r"when decompressed|not a complete tar\.gz file"):
        read_archive("mastodon-archive", path, now=NOW)


def test_bound_of_decompression_holds_for_reading_and_seeking(tmp_path):
    """Ten million bytes are always read, and a hundred for each compressed one."""
    path = tmp_path / "zeros.gz"
    path.write_bytes(gzip.compress(bytes(30_000_000)))

    with containers._BoundedGzipFile(path, containers.MAX_ARCHIVE_BYTES) as file:
        assert 9_000_000 == len(file.read(9_000_000))
        with pytest.raises(tarfile.ReadError, match="when decompressed"):
            file.read(3_000_000)
        with pytest.raises(tarfile.ReadError, match="when decompressed"):
            file.seek(20_000_000)


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"no tar"), gzip.compress(b"x" * 3000)[:-20]],
    ids=["empty", "no gzip", "no tar", "cut off"],
)
def test_damaged_tar_file_is_refused(tmp_path, content):
    """The error names the file and says what to do."""
    path = tmp_path / "a.tar.gz"
    path.write_bytes(content)

    with pytest.raises(InvalidInputError, match=r"a\.tar\.gz.*(not a complete tar.gz file|there is no)"):
        read_archive("mastodon-archive", path, now=NOW)


def test_folder_with_too_many_files_is_refused(tmp_path, monkeypatch):
    """A wrong folder, such as a whole home, is not listed to its end."""
    monkeypatch.setattr(containers, "MAX_FILES", 3)
    unpack(tmp_path / "many", {f"{number}.txt": "" for number in range(5)})

    with pytest.raises(InvalidInputError, match="more than 3 files"):
        read_archive("mastodon-archive", tmp_path / "many", now=NOW)
