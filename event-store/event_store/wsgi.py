"""`gunicorn -c python:socle.gunicorn event_store.wsgi:application`"""

from socle.config import charger

from event_store.bootstrap import application as construire
from event_store.settings import Config

application = construire(charger(Config))
