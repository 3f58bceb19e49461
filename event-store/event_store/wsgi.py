"""`gunicorn -c python:socle.gunicorn event_store.wsgi:application`"""

from event_store.bootstrap import application as construire
from event_store.settings import Config
from socle.config import charger

application = construire(charger(Config))
