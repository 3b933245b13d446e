"""Which arm is the reference: what its label says, word by word, in the languages that trials are written in.

A word decides where it stands for the whole treatment of one arm: *placebo*, *sham*, *usual care*, *historical
controls*. It does not where all arms have it (``drug A + placebo B`` against ``drug B + placebo A``), nor where it is
denied (``non-placebo``) or part of another word (``uncontrolled``). Where no word decides, the alphabet does, and a
warning says so.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, final

from alsmodels.data.columns import as_names
from alsmodels.errors import DataError, shown

__all__ = ["Reference", "find_reference"]

# Words that make a control of an arm; without accents. A word with a hyphen stands for all that begin so.
_WORDS = """
placebo- plazebo- plac pbo plc plb pcb sham vehicle vehikel vehicule veicolo vehiculo simulacro
control controls ctrl ctl cntrl controlgroup controlarm controll kontroll- kontrol kontrola kontrollen komparator
comparator comparateur controle controles controlegroep controlo controlos controllo controlli temoin temoins testigo
scheinbehandlung scheinmedikament scheintherapie schein dummy
untreated nontreated notreatment unbehandelt unbehandelte onbehandeld obehandlad ubehandlet nontraite
historical historic historisch historische historischen historique historiques storico storici historico historicos
naturalhistory naturverlauf registry soc standardtherapie standardbehandlung
standardbehandling standaardzorg waitlist waitinglist wartegruppe warteliste
плацебо контроль контрольная контрольной
"""
# Two words and more that do so together.
_PHRASES = """
usual care|care as usual|treatment as usual|therapy as usual|standard care|standard of care|standard therapy
standard treatment|standard medical care|best supportive care|supportive care|natural history|no treatment|not treated
non treated|no intervention|no therapy|no drug|without treatment|ohne behandlung|keine behandlung|ubliche versorgung
ubliche behandlung|soins courants|soins habituels|traitement standard|sans traitement|non traite|non traites
cure abituali|terapia standard|senza trattamento|non trattati|non trattato|atencion habitual|tratamiento habitual
sin tratamiento|no tratado|no tratados|cuidados habituais|sem tratamento|gebruikelijke zorg|gewone zorg
geen behandeling|sedvanlig vard|sedvanlig behandling|ingen behandling|waiting list|wait list
"""
# Signs that stand for a control in scripts without blanks between words.
_SIGNS = ("安慰剂", "安慰劑", "对照", "對照", "プラセボ", "偽薬", "対照", "위약", "대조")
_DENIED = frozenset({"no", "non", "not", "without", "anti", "ohne", "kein", "keine", "sans", "senza", "sin", "sem"})
_CONTROLLED = re.compile(r"\b(?:placebo|sham|vehicle|pbo)[\s_-]*controlled\b|\b\w*kontrolliert\w*")
# What may stand beside a control without being a treatment, and treatments that all arms may have.
_BESIDE = """
arm group grp gruppe groupe gruppo grupo groep grupp cohort kohorte cohorte coorte matching matched only alone active
inactive saline oral iv im sc it intrathecal subcutaneous capsule capsules tablet tablets pill injection infusion daily
bid qd tid weekly mg ml g ug the of for and to n patients subjects pts participants concurrent pooled combined double
blind riluzole rilutek riluzol edaravone radicava background care therapy treatment usual standard
"""
_JOINED = re.compile(r"\s*(?:\+|&|;|/|,|\b(?:and|plus|with|und|mit|plus|et|avec|y|con|e|och|en|met)\b)\s*")
_ZERO_DOSE = re.compile(r"(?<![\d.,])0+(?:[.,]0+)?\s*(?:mg|µg|μg|ug|mcg|g|ml|iu|u|units?|%)(?![a-z])")

_BEGINNINGS = tuple(word.removesuffix("-") for word in _WORDS.split() if word.endswith("-"))
_WHOLE = frozenset(word for word in _WORDS.split() if not word.endswith("-"))
_TOGETHER = tuple(phrase.strip() for line in _PHRASES.split("\n") for phrase in line.split("|") if phrase.strip())
_NEUTRAL = frozenset(_BESIDE.split())


@final
@dataclass(frozen=True, slots=True)
class Reference:
    """The reference arm and how it was chosen.

    Parameters
    ----------
    arm : str
        The label of the arm.
    by : {"name", "word", "words", "alphabet"}
        "name" where the user named it, "word" where its label says so; else by the alphabet: of several arms whose
        labels say so, "words", or of all of them, "alphabet".
    among : tuple of str
        The arms that the alphabet chose from; one where it did not have to.
    """

    arm: str
    by: Literal["name", "word", "words", "alphabet"]
    among: tuple[str, ...]


def find_reference(levels: Collection[str], control: str | None = None) -> Reference | None:
    """Find the reference among the arms; None if there are none.

    Parameters
    ----------
    levels : collection of str
        The arms that occur.
    control : str or None
        The reference arm, where the user names it.

    Examples
    --------
    >>> find_reference(["Active", "PBO"]).arm, find_reference(["Drug + riluzole", "Placebo + riluzole"]).arm
    ('PBO', 'Placebo + riluzole')
    >>> find_reference(["high", "low"]).by
    'alphabet'
    """
    ordered = sorted(set(levels))
    if control is not None:
        if control not in ordered:
            raise DataError(f"Roles: control={shown(control)} is not an arm; the arms are {as_names(ordered)}.")
        return Reference(control, "name", (control,))
    if not ordered:
        return None
    named = _named(tuple(ordered))
    if not named:
        return Reference(ordered[0], "alphabet", tuple(ordered))
    return Reference(named[0], "word" if len(named) == 1 else "words", named)


@lru_cache(maxsize=256)
def _named(ordered: tuple[str, ...]) -> tuple[str, ...]:
    """The arms whose labels say that they are a control, and of these only those that say nothing else, if any do."""
    parts = {level: _parts(level) for level in ordered}
    found = []
    for level in ordered:
        others = {_bare(part) for other in ordered if other != level for part in parts[other]}
        treated = [part for part in parts[level] if not _is_control(part)]
        beside = [part for part in treated if _bare(part) not in others and not _is_neutral(part)]
        if len(treated) < len(parts[level]) and not beside:
            found.append((level, bool(treated)))
    alone = [level for level, has_more in found if not has_more]
    return tuple(alone) if len(alone) < len(found) and alone else tuple(level for level, _ in found)


def _parts(label: str) -> list[str]:
    """What is given together: the parts of a label, in plain letters, without the words that deny."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)", " ", label)
    plain = unicodedata.normalize("NFKD", split).casefold()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    plain = _CONTROLLED.sub(" ", plain).replace("_", " ")
    parts = [part.strip() for part in _JOINED.split(plain) if part.strip()]
    return parts or [plain]


def _is_control(part: str) -> bool:
    if any(sign in part for sign in _SIGNS) or _ZERO_DOSE.search(part):
        return True
    words = _words(part)
    text = " ".join(words)
    if any(re.search(rf"\b{phrase}\b", text) for phrase in _TOGETHER):
        return True
    return any(_is_word(word) and not _DENIED & {*words[max(n - 2, 0) : n]} for n, word in enumerate(words))


def _is_word(word: str) -> bool:
    return word in _WHOLE or word.startswith(_BEGINNINGS)


def _is_neutral(part: str) -> bool:
    return all(word in _NEUTRAL or not word.isalpha() for word in _words(part))


def _bare(part: str) -> str:
    return " ".join(word for word in _words(part) if word.isalpha())


def _words(part: str) -> list[str]:
    return re.findall(r"[^\W\d_]+|\d+", part)
