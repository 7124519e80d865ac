"""The owner of an archive: as the archive says, or as whoever imports it says."""

from renown.errors import InvalidInputError
from renown.imports.archives.reader import ArchiveReader


def choose_owner(
    archive: ArchiveReader, owner: str | None, handle: str | None, expected_owner: str | None, *, missing_file: str
) -> str:
    """
    Return the name of an archive's owner.

    Parameters
    ----------
    archive : ArchiveReader
    owner : str, optional
        As the archive says.
    handle : str, optional
        As given by whoever imports it.
    expected_owner : str, optional
        The same as a name of the network.
    missing_file : str
        What the archive lacks that would say whose it is.

    Raises
    ------
    InvalidInputError
        If neither says whose it is, or both say something else.
    """
    if owner and expected_owner and expected_owner != owner:
        raise InvalidInputError(f"{archive.path}: --handle is {handle!r}, but the export is of {owner!r}")
    if owner or expected_owner:
        return str(owner or expected_owner)
    raise InvalidInputError(
        f"{archive.path}: it has no {missing_file} that says whose it is; name the account with --handle"
    )
