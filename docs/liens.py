"""Hook of mkdocs.yml: links from a page to a file outside docs/, which the site does not hold.

With `repo_url` they lead to the file in the repository, otherwise they are its path as text. A link to nothing is left
as it is: MkDocs then names it, and a strict build fails.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# What is written as code is no link; what is one may have code in its text.
_CODE_OU_LIEN = re.compile(r"^```.*?^```|(?<!!)\[(?P<texte>[^\]]*)\]\((?P<cible>[^)\s]+)\)|`[^`\n]*`", re.M | re.S)


def on_page_markdown(markdown: str, *, page: Any, config: Mapping[str, Any], files: Any) -> str:
    """The page, as MkDocs is to read it."""
    docs = Path(config["docs_dir"]).resolve()
    ici = (docs / page.file.src_path).parent
    return _CODE_OU_LIEN.sub(lambda vu: _ecrire(vu, ici, docs, config.get("repo_url")), markdown)


def _ecrire(vu: re.Match[str], ici: Path, docs: Path, depot: str | None) -> str:
    texte, cible = vu["texte"], vu["cible"]
    if cible is None or re.match(r"[a-z]+:|[/#]", cible):
        return vu[0]
    chemin, _, ancre = cible.partition("#")
    vise = (ici / chemin).resolve()
    racine = docs.parent
    if vise.is_relative_to(docs) or not vise.is_relative_to(racine) or not vise.exists():
        return vu[0]
    nom = vise.relative_to(racine).as_posix()
    if depot:
        return f"[{texte}]({depot.rstrip('/')}/blob/HEAD/{nom}{'#' + ancre if ancre else ''})"
    return f"`{nom}`" if texte.strip("`") in (nom, vise.name) else f"{texte} (`{nom}`)"
