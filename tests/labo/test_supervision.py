"""The logs of the supervised programs stay bounded while their writers hold them open."""

from __future__ import annotations

from pathlib import Path

from local.journaux import _suivre_la_rotation
from local.supervision import TAILLE_MAX, tourner


def test_a_long_log_is_set_aside_and_its_writer_goes_on_at_its_start(tmp_path: Path) -> None:
    journal = tmp_path / "x.log"
    with journal.open("a") as ecrivain, journal.open() as lecteur:
        for contenu in ("un " * 4, "deux " * 4, "trois " * 4):
            ecrivain.write(contenu)
            ecrivain.flush()
            lecteur.read()
            tourner(journal, 10)
            assert journal.read_text() == ""
            assert _suivre_la_rotation(lecteur, journal) is lecteur
        ecrivain.write("court")
        ecrivain.flush()
        tourner(journal, 10)
        assert lecteur.read() == "court"
    gardes = {fichier.name: fichier.read_text().split()[0] for fichier in tmp_path.iterdir()}
    assert gardes == {"x.log": "court", "x.log.1": "trois", "x.log.2": "deux"}


def test_a_log_is_long_from_ten_megabytes_on(tmp_path: Path) -> None:
    journal = tmp_path / "x.log"
    journal.write_bytes(bytes(TAILLE_MAX))
    tourner(journal)
    assert [fichier.name for fichier in tmp_path.iterdir()] == ["x.log"]
    journal.write_bytes(bytes(TAILLE_MAX + 1))
    tourner(journal)
    assert sorted(fichier.name for fichier in tmp_path.iterdir()) == ["x.log", "x.log.1"]


def test_a_log_that_the_supervisor_renamed_is_followed_to_the_new_file(tmp_path: Path) -> None:
    journal = tmp_path / "x.log"
    journal.write_text("avant")
    lecteur = journal.open()
    journal.rename(tmp_path / "x.log.1")
    assert _suivre_la_rotation(lecteur, journal) is lecteur
    journal.write_text("apres")
    with _suivre_la_rotation(lecteur, journal) as suivant:
        assert suivant.read() == "apres"
    assert lecteur.closed
