"""What supervisord reads is what was meant."""

from __future__ import annotations

from configparser import RawConfigParser
from pathlib import Path

import pytest
from supervisor.datatypes import dict_of_key_value_pairs

from local import superviseur
from local.lieux import Lieux
from local.processus import ErreurLabo
from local.programmes import Programme


def _lues(tmp_path: Path, **variables: str) -> dict[str, str]:
    programme = Programme(nom="p", ligne=["true"], dossier=tmp_path, variables=variables)
    lu = RawConfigParser()
    lu.read_string(superviseur.section(Lieux(tmp_path, 0), programme))
    return dict_of_key_value_pairs(lu["program:p"]["environment"])


def test_every_value_reaches_the_program_as_it_is(tmp_path: Path) -> None:
    variables = {"OBJET": '{"a": "http://127.0.0.1:80", "b": 1}', "TEXTE": "l'un, l'autre;x=y", "VIDE": ""}
    lues = _lues(tmp_path, **variables)
    assert {nom: lues[nom] for nom in variables} == variables


def test_a_value_that_supervisord_cannot_quote_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ErreurLabo, match=r"à la fois ' et \""):
        _lues(tmp_path, MELE="l'un \"et\" l'autre")
