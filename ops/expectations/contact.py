"""What tells contact data from the rest, by the name of a column and by its values."""

import re

# words of a column that holds contact data, and endings of one that only counts or measures
CONTACT = re.compile(
    r"(^|_)(e_?mails?|e|mail|phones?|telephone|mobile|fax|address(es)?|street|postcode|postal|zip"
    r"|birth|birthday|birthdate|born|surname|forename|lastname|firstname|fullname|iban"
    r"|(first|last|full|given|family|middle|maiden|customer|contact)_name)(_|$)"
)
MEASURE = re.compile(r"(^(is|has)_)|(_(count|share|rate|days)(_\d+d)?$)")
ADDRESS = r"\s*[^@\s]+@[^@\s]+\.[A-Za-z]{2,}\s*"


def is_contact(column: str) -> bool:
    """Whether a column of this name holds an address, a name or a birthday."""
    return bool(CONTACT.search(column.lower())) and not MEASURE.search(column.lower())
