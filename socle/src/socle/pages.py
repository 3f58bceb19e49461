"""The browsable pages of an API's document, whatever the framework. Pure Python, no framework.

`document` is the address of the OpenAPI document and `statiques` that of drf-yasg's assets, as the browser sees them.
"""

import json
from collections.abc import Callable
from html import escape

_CADRE = """<!doctype html>
<html lang="fr">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{titre} – {outil}</title>{tete}
</head>
<body>
  {corps}
</body>
</html>
"""

Page = Callable[..., str]


def swagger(titre: str, *, document: str, statiques: str) -> str:
    """Swagger UI: to read the routes and to try them."""
    reglages = {
        "url": document, "dom_id": "#swagger-ui", "deepLinking": True, "persistAuthorization": True,
        "tryItOutEnabled": True,
    }  # fmt: skip
    # Within a script, only a closing tag could end the text early.
    lus = json.dumps(reglages).replace("<", "\\u003c")
    ui = f"{escape(statiques)}/swagger-ui-dist"
    return _CADRE.format(
        titre=escape(titre),
        outil="Swagger",
        tete=f"""
  <link rel="stylesheet" href="{ui}/swagger-ui.css">
  <link rel="icon" href="{ui}/favicon-32x32.png">""",
        corps=f"""<div id="swagger-ui"></div>
  <script src="{ui}/swagger-ui-bundle.js"></script>
  <script>SwaggerUIBundle({lus});</script>""",
    )


def redoc(titre: str, *, document: str, statiques: str) -> str:
    """ReDoc: to read."""
    return _CADRE.format(
        titre=escape(titre),
        outil="ReDoc",
        tete="",
        corps=f"""<redoc spec-url="{escape(document)}" disable-search="true"></redoc>
  <script src="{escape(statiques)}/redoc/redoc.min.js"></script>""",
    )


PAGES: dict[str, Page] = {"swagger": swagger, "redoc": redoc}
