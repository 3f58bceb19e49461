from socle.django.urls import routes
from tests.temoin.interfaces.vues import API

urlpatterns = routes(API)
