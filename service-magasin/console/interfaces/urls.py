from django.urls import path

from console.interfaces import vues

app_name = "console"
urlpatterns = [path("", vues.Liste.as_view(), name="liste")]
