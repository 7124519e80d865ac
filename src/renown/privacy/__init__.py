"""Privacy: consent, data export and erasure."""

from renown.privacy.consent import hide, opt_in, opt_out_people
from renown.privacy.erase import erase_people, finish_erasure
from renown.privacy.export import (
    PersonalData,
    PersonalDataTable,
    collect_personal_data,
    iter_export_parts,
    resolve_verified_accounts,
)
from renown.privacy.export_zip import write_export
from renown.privacy.stores import PersonalDataStores

__all__ = [
    "PersonalData",
    "PersonalDataStores",
    "PersonalDataTable",
    "collect_personal_data",
    "erase_people",
    "finish_erasure",
    "hide",
    "iter_export_parts",
    "opt_in",
    "opt_out_people",
    "resolve_verified_accounts",
    "write_export",
]
