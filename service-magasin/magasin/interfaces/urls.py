from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from magasin.interfaces import vues
from socle.django.urls import routes_d_exploitation

_ERREURS = "magasin.interfaces.erreurs"
handler400 = f"{_ERREURS}.requete_refusee"
handler403 = f"{_ERREURS}.interdit"
handler404 = f"{_ERREURS}.introuvable"
handler500 = f"{_ERREURS}.interne"

urlpatterns = [
    path("", vues.IndicateursView.as_view(), name="accueil"),
    path("indicateurs/", vues.IndicateursView.as_view(), name="indicateurs_performance"),
    path("console/", include("console.interfaces.urls")),
    path("connexion/", LoginView.as_view(template_name="magasin/connexion.html"), name="connexion"),
    path("deconnexion/", LogoutView.as_view(), name="deconnexion"),
    path("admin/", admin.site.urls),
    *routes_d_exploitation(),
]
