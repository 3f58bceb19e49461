"""Wrong environments: one line per variable, status 78, and never a value."""

import pytest

from socle.config import ConfigDjango, charger

BON = {
    "INTERNAL_TOKEN": "jeton-de-test",
    "SECRET_KEY": "cle-secrete-de-test",
    "POSTGRES_DB": "x_db",
    "POSTGRES_USER": "x_user",
    "POSTGRES_PASSWORD": "p",
}
VARIABLES = {nom.upper() for nom in ConfigDjango.model_fields}


class AvecListe(ConfigDjango):
    voisins: list[str] = []


@pytest.fixture
def environnement(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for nom in VARIABLES:
        monkeypatch.delenv(nom, raising=False)
    for nom, valeur in BON.items():
        monkeypatch.setenv(nom, valeur)
    return monkeypatch


def test_the_defaults_need_five_variables(environnement: pytest.MonkeyPatch) -> None:
    config = charger(ConfigDjango)
    assert (config.debug, config.labo_fautes, config.postgres_port, config.http_lecture_s) == (False, False, 5434, 2.0)
    assert "jeton-de-test" not in repr(config)


@pytest.mark.parametrize(
    ("variable", "valeur", "message"),
    [
        ("SECRET_KEY", "court-secret", "au moins 16 caractères sont attendus"),
        ("INTERNAL_TOKEN", "secret", "au moins 8 caractères sont attendus"),
        ("POSTGRES_PORT", "secret", "un nombre entier est attendu"),
        ("POSTGRES_PORT", "70000", "au plus 65535 est attendu"),
        ("POSTGRES_PORT", "0", "au moins 1 est attendu"),
        ("HTTP_LECTURE_S", "secret", "un nombre est attendu"),
        ("HTTP_LECTURE_S", "0", "plus de 0.0 est attendu"),
        ("DEBUG", "secret", "0 ou 1 est attendu"),
        ("LOG_FORMAT", "secret", "une des valeurs 'json' or 'texte' est attendue"),
        ("KONG_GATEWAY_URL", "http://u:secret@h/x", "la forme ^https?://[^/]+$ est attendue"),
        ("INSTANCE_ID", "../secret", "la forme ^[A-Za-z0-9._-]+$ est attendue"),
        ("POSTGRES_DB", "", "au moins 1 caractères sont attendus"),
    ],
)
def test_a_wrong_variable_is_one_line_without_its_value(
    environnement: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, valeur: str, message: str
) -> None:
    environnement.setenv(variable, valeur)
    with pytest.raises(SystemExit) as leve:
        charger(ConfigDjango)
    assert leve.value.code == 78
    dit = capsys.readouterr().err
    assert dit == f"Configuration invalide de socle.config :\n  {variable} : {message}\n"
    assert "secret" not in dit


def test_all_wrong_variables_are_said_at_once(
    environnement: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environnement.delenv("SECRET_KEY")
    environnement.delenv("POSTGRES_PASSWORD")
    with pytest.raises(SystemExit):
        charger(ConfigDjango)
    assert capsys.readouterr().err.splitlines()[1:] == [
        "  SECRET_KEY : variable absente",
        "  POSTGRES_PASSWORD : variable absente",
    ]


def test_a_structured_variable_that_is_not_json_is_one_line_too(
    environnement: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environnement.setenv("VOISINS", "secret")
    with pytest.raises(SystemExit) as leve:
        charger(AvecListe)
    dit = capsys.readouterr().err
    assert (leve.value.code, len(dit.splitlines()), "voisins" in dit, "secret" in dit) == (78, 2, True, False)


@pytest.mark.parametrize(
    ("compte", "mot_de_passe"), [("labo", ""), ("", "un-mot-de-passe"), ("labo", "court"), ("labo", "onze-signes")]
)
def test_an_admin_account_has_a_name_and_a_long_password_or_there_is_none(
    environnement: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], compte: str, mot_de_passe: str
) -> None:
    environnement.setenv("ADMIN_UTILISATEUR", compte)
    environnement.setenv("ADMIN_MOT_DE_PASSE", mot_de_passe)
    with pytest.raises(SystemExit):
        charger(ConfigDjango)
    erreur = capsys.readouterr().err
    assert "le mot de passe a au moins 12 caractères" in erreur
    assert not mot_de_passe or mot_de_passe not in erreur


def test_the_admin_account_is_read_and_not_shown(environnement: pytest.MonkeyPatch) -> None:
    assert charger(ConfigDjango).admin_utilisateur == ""
    environnement.setenv("ADMIN_UTILISATEUR", "labo")
    environnement.setenv("ADMIN_MOT_DE_PASSE", "un-mot-de-passe")
    config = charger(ConfigDjango)
    assert (config.admin_utilisateur, config.admin_mot_de_passe.get_secret_value()) == ("labo", "un-mot-de-passe")
    assert "un-mot-de-passe" not in repr(config)
