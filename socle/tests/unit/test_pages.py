"""What a browser is given, with addresses that somebody else chose."""

import pytest

from socle.pages import PAGES

HOSTILE = '/"><script>alert(1)</script>'


@pytest.mark.parametrize("nom", ["swagger", "redoc"])
def test_a_page_names_its_document_and_its_assets(nom: str) -> None:
    page = PAGES[nom]("Essai", document="../swagger.json", statiques="/api/x/static/drf-yasg")
    assert page.startswith("<!doctype html>")
    assert f"<title>Essai – {'Swagger' if nom == 'swagger' else 'ReDoc'}</title>" in page
    assert '"../swagger.json"' in page
    assert f'src="/api/x/static/drf-yasg/{nom}' in page


@pytest.mark.parametrize("nom", ["swagger", "redoc"])
def test_F43_no_address_or_title_can_open_a_script(nom: str) -> None:
    page = PAGES[nom](HOSTILE, document=HOSTILE, statiques=HOSTILE)
    assert "<script>alert" not in page
    assert page.count("</script>") == (2 if nom == "swagger" else 1)
