from django.urls import path

from console.interfaces import labo, vues

_SAGA = "sagas/<identifiant:saga_id>/"
_LETTRE = f"{_SAGA}lettres/<identifiant:lettre_id>/"
_PAIRE = "comparer/<identifiant:orchestre_id>/<identifiant:choreo_id>/"

app_name = "console"
urlpatterns = [
    path("", vues.Liste.as_view(), name="liste"),
    path("lignes/", vues.Lignes.as_view(), name="lignes"),
    path("registre/", vues.Registre.as_view(), name="registre"),
    path("comparer/", labo.Comparer.as_view(), name="comparer"),
    path("comparer/chiffres/", labo.Chiffres.as_view(), name="chiffres"),
    path(_PAIRE, labo.CoteACote.as_view(), name="cote_a_cote"),
    path(f"{_PAIRE}direct/", labo.CoteACoteDirect.as_view(), name="cote_a_cote_direct"),
    path("fautes/", labo.Fautes.as_view(), name="fautes"),
    path("charge/", labo.Charger.as_view(), name="charge"),
    path(_SAGA, vues.PageSaga.as_view(), name="saga"),
    path(f"{_SAGA}direct/", vues.Direct.as_view(), name="direct"),
    path(f"{_SAGA}sequence.svg", vues.SequenceSvg.as_view(), name="sequence_svg"),
    path(f"{_SAGA}sequence.mmd", vues.SequenceMermaid.as_view(), name="sequence_mmd"),
    *(
        path(f"{_SAGA}{geste}/", vues.GesteDeSaga.as_view(), {"geste": geste}, name="geste")
        for geste in ("reprendre", "compenser", "ignorer-etape")
    ),
    *(
        path(f"{_LETTRE}{geste}/", vues.GesteDeLettre.as_view(), {"geste": geste}, name="geste_lettre")
        for geste in ("redrive", "drop")
    ),
]
