"""Languages, folding, collation keys, and messages: codes and parameters become words only here."""

from lanh.core.text.collation import collation_key, name_key
from lanh.core.text.folding import fold, fold_words, nfc
from lanh.core.text.messages import Catalogue, Language, Message, MissingWords, Words

__all__ = [
    "Catalogue",
    "Language",
    "Message",
    "MissingWords",
    "Words",
    "collation_key",
    "fold",
    "fold_words",
    "name_key",
    "nfc",
]
