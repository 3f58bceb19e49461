"""Every path is answered by the WSGI entry point itself."""

urlpatterns: list[object] = []
