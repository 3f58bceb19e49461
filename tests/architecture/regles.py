"""Rules of the source code that no linter knows. Each is a function from one file to the lines that break it."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

RACINE = Path(__file__).resolve().parents[2]
_IGNORES = {".git", ".labo", "__pycache__", ".venv", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
_BINAIRES = {".png", ".ico", ".jpg", ".woff2", ".pyc", ".gz"}


@dataclass(frozen=True)
class Fichier:
    """One file of the project: `chemin` relative to its root, with `/`."""

    chemin: str
    texte: str

    @property
    def parties(self) -> tuple[str, ...]:
        """Segments of the path."""
        return tuple(self.chemin.split("/"))

    @property
    def est_un_test(self) -> bool:
        """Below a `tests` folder, or the stand-alone script."""
        return "tests" in self.parties

    @property
    def arbre(self) -> ast.Module:
        """Syntax tree, each node with its `parent`."""
        arbre = ast.parse(self.texte)
        for noeud in ast.walk(arbre):
            for enfant in ast.iter_child_nodes(noeud):
                enfant.parent = noeud  # type: ignore[attr-defined]
        return arbre


Regle = Callable[[Fichier], Iterator[int]]


def fichiers_suivis() -> list[Fichier]:
    """Every text file that is, or would be, in the repository; without git, every file not ignored by name."""
    commande = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    resultat = subprocess.run(commande, cwd=RACINE, capture_output=True, text=True)
    if resultat.returncode == 0 and resultat.stdout:
        chemins = [RACINE / nom for nom in resultat.stdout.split("\0") if nom]
    else:
        chemins = [p for p in RACINE.rglob("*") if not _IGNORES & set(p.relative_to(RACINE).parts)]
    textes = [p for p in chemins if p.is_file() and p.suffix not in _BINAIRES]
    return [Fichier(p.relative_to(RACINE).as_posix(), p.read_text(encoding="utf-8")) for p in sorted(textes)]


def _python(fichier: Fichier) -> bool:
    return fichier.chemin.endswith(".py")


def _du_code(fichier: Fichier) -> bool:
    """Python that runs in production: services, workers, socle."""
    debut = fichier.parties[0]
    return (
        _python(fichier)
        and not fichier.est_un_test
        and (debut in ("socle", "lab7-workers", "event-store") or debut.startswith("service-"))
    )


def sans_signaux(fichier: Fichier) -> Iterator[int]:
    """No Django signals: what happens is written where it happens. The socle may hear of requests, never of rows."""
    if not _du_code(fichier):
        return
    interdits = r"django\.(db\.models\.signals|dispatch)(\..*)?"
    if fichier.parties[0] != "socle":
        interdits = r"django\.(.*\.)?(signals|dispatch)(\..*)?"
    for noeud in ast.walk(fichier.arbre):
        modules = []
        if isinstance(noeud, ast.ImportFrom) and noeud.module:
            modules = [noeud.module, *(f"{noeud.module}.{alias.name}" for alias in noeud.names)]
        elif isinstance(noeud, ast.Import):
            modules = [alias.name for alias in noeud.names]
        if any(re.fullmatch(interdits, module) for module in modules):
            yield noeud.lineno


def sans_logique_dans_save(fichier: Fichier) -> Iterator[int]:
    """No class overrides `save` or `delete` of its model: rules live in the domain."""
    if not _du_code(fichier):
        return
    for classe in ast.walk(fichier.arbre):
        if isinstance(classe, ast.ClassDef) and any("Model" in ast.unparse(base) for base in classe.bases):
            for membre in classe.body:
                if isinstance(membre, ast.FunctionDef) and membre.name in ("save", "delete", "full_clean", "clean"):
                    yield membre.lineno


def sans_erreur_avalee(fichier: Fichier) -> Iterator[int]:
    """No handler of everything that does nothing."""
    if not _python(fichier):
        return
    for noeud in ast.walk(fichier.arbre):
        if not isinstance(noeud, ast.ExceptHandler):
            continue
        large = noeud.type is None or ast.unparse(noeud.type) in ("Exception", "BaseException")
        if large and all(isinstance(s, ast.Pass | ast.Continue) or _est_points(s) for s in noeud.body):
            yield noeud.lineno


def _est_points(instruction: ast.stmt) -> bool:
    return isinstance(instruction, ast.Expr) and isinstance(instruction.value, ast.Constant)


_MAX_INSTRUCTIONS = 3


def vues_en_trois_instructions(fichier: Fichier) -> Iterator[int]:
    """A handler validates, calls, answers: at most three statements, nested ones included.

    The docstring and the guard of internal operations do not count.
    """
    if not (_du_code(fichier) and "interfaces" in fichier.parties):
        return
    for classe in ast.walk(fichier.arbre):
        if not isinstance(classe, ast.ClassDef):
            continue
        for methode in classe.body:
            if isinstance(methode, ast.FunctionDef) and methode.name in ("get", "post", "put", "patch", "delete"):
                instructions = [n for n in ast.walk(methode) if isinstance(n, ast.stmt) and n is not methode]
                gardes = [n for n in instructions if ast.unparse(n).startswith("exiger_jeton_interne(")]
                documentee = ast.get_docstring(methode) is not None
                if len(instructions) - len(gardes) - documentee > _MAX_INSTRUCTIONS:
                    yield methode.lineno


def sans_runserver(fichier: Fichier) -> Iterator[int]:
    """gunicorn serves, always."""
    if fichier.chemin.startswith("tests/architecture/") or fichier.chemin.endswith(".md"):
        return
    yield from _lignes_avec(fichier, r"\brunserver\b")


_HOTES = ("pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".", "crates" + ".io", "rubygems" + ".org",
          "anaconda" + ".org", "proxy.golang" + ".org", "ghcr" + ".io", "quay" + ".io", "docker" + ".io")  # fmt: skip


def sans_hote_de_registre(fichier: Fichier) -> Iterator[int]:
    """Where packages come from is the machine's business."""
    yield from _lignes_avec(fichier, "|".join(map(re.escape, _HOTES)))


_CLE_DU_LABO = "magasin-secret-key" + "-2025"
_OU_LA_CLE = (
    "local/composants.py",
    "tests/test_saga_integration.py",
    "README.md",
    "CONTRIBUTING.md",
    "docs/",
    ".env.example",
)
_NOM_SECRET = re.compile(r"(?i)(^|_)(secret|password|passwd|mot_de_passe|token|jeton|api_key|cle_api)(_key)?$")
# A sentence, a header or a setting's name is no secret; a long word is taken for one.
_SECRET = re.compile(r"[^\s:/]*\d[^\s:/]*|[a-z0-9+=-]{12,}")
_JETABLES = ("local/pytest_serveurs.py", "local/essais.py")  # passwords of servers that live for one test run


def sans_secret(fichier: Fichier) -> Iterator[int]:
    """Secrets come from the environment; the lab key of the course stands in one place of the code."""
    if not fichier.chemin.startswith(_OU_LA_CLE):
        yield from _lignes_avec(fichier, re.escape(_CLE_DU_LABO))
    yield from _lignes_avec(fichier, "-----BEGIN [A-Z ]*PRIVATE KEY" + "-----")
    if not _python(fichier) or fichier.est_un_test or fichier.chemin in _JETABLES:
        return
    for noeud in ast.walk(fichier.arbre):
        for nom, valeur in _affectations(noeud):
            if not (isinstance(valeur, ast.Constant) and isinstance(valeur.value, str)):
                continue
            if _NOM_SECRET.search(nom) and len(valeur.value) >= 8 and _SECRET.fullmatch(valeur.value):
                yield noeud.lineno  # type: ignore[attr-defined]


def _affectations(noeud: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(noeud, ast.Assign):
        for cible in noeud.targets:
            yield ast.unparse(cible), noeud.value
    elif isinstance(noeud, ast.AnnAssign):
        yield ast.unparse(noeud.target), noeud.value
    elif isinstance(noeud, ast.keyword) and noeud.arg:
        yield noeud.arg, noeud.value
    elif isinstance(noeud, ast.Dict):
        for cle, valeur in zip(noeud.keys, noeud.values, strict=True):
            if isinstance(cle, ast.Constant) and isinstance(cle.value, str):
                yield cle.value, valeur


def sans_reste_a_faire(fichier: Fichier) -> Iterator[int]:
    """Finished, or not there."""
    yield from _lignes_avec(fichier, r"\b(" + "TO" + "DO|FIX" + "ME|XX" + "X|HA" + r"CK)\b")


def sans_attente_aveugle(fichier: Fichier) -> Iterator[int]:
    """A test does not sleep and hope: it polls, in a loop. A stand-in that is slow on purpose is no test."""
    if not (_python(fichier) and fichier.est_un_test):
        return
    for noeud in ast.walk(fichier.arbre):
        appel = isinstance(noeud, ast.Call) and ast.unparse(noeud.func) in ("time.sleep", "sleep")
        if appel and _attend_sans_regarder(noeud):
            yield noeud.lineno  # type: ignore[attr-defined]


def _attend_sans_regarder(noeud: ast.AST) -> bool:
    """Whether the nearest function is a test, or a fixture, and no loop is in between."""
    parent = getattr(noeud, "parent", None)
    while parent is not None and not isinstance(parent, ast.While | ast.Lambda):
        if isinstance(parent, ast.FunctionDef):
            return parent.name.startswith("test_") or any("fixture" in ast.unparse(d) for d in parent.decorator_list)
        parent = getattr(parent, "parent", None)
    return parent is None


def argent_exact(fichier: Fichier) -> Iterator[int]:
    """Domains and use cases know no float: money is Decimal. (The event store carries JSON, and computes nothing.)"""
    concerne = _du_code(fichier) and fichier.parties[0] != "event-store"
    if not (concerne and {"domain", "application"} & set(fichier.parties)):
        return
    for noeud in ast.walk(fichier.arbre):
        if _est_un_flottant(noeud) and not _est_une_duree(noeud):
            yield noeud.lineno  # type: ignore[attr-defined]


def _est_un_flottant(noeud: ast.AST) -> bool:
    if isinstance(noeud, ast.Constant):
        return isinstance(noeud.value, float)
    if isinstance(noeud, ast.Call):
        return ast.unparse(noeud.func) == "float"
    return (
        isinstance(noeud, ast.AnnAssign | ast.arg)
        and noeud.annotation is not None
        and re.search(r"\bfloat\b", ast.unparse(noeud.annotation)) is not None
    )


_DUREE = re.compile(r"(?i)(_s|secondes|duree|delai|attente|echeance)$|^(duree|delai|attente|reste|age)_?")


def _est_une_duree(noeud: ast.AST) -> bool:
    """Whether a float is the value or the type of something named as a time."""
    if isinstance(noeud, ast.arg):
        return _DUREE.search(noeud.arg) is not None
    parent: ast.AST | None = noeud
    while parent is not None:
        for nom, _ in _affectations(parent):
            if _DUREE.search(nom):
                return True
        parent = getattr(parent, "parent", None)
    return False


def _lignes_avec(fichier: Fichier, motif: str) -> Iterator[int]:
    for numero, ligne in enumerate(fichier.texte.splitlines(), start=1):
        if re.search(motif, ligne):
            yield numero


REGLES: tuple[Regle, ...] = (
    sans_signaux,
    sans_logique_dans_save,
    sans_erreur_avalee,
    vues_en_trois_instructions,
    sans_runserver,
    sans_hote_de_registre,
    sans_secret,
    sans_reste_a_faire,
    sans_attente_aveugle,
    argent_exact,
)
