"""A service reduced to what the platform asks of one: a database, a seed command, a health page."""

import os

SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = ["temoin"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["POSTGRES_HOST"],
        "PORT": os.environ["POSTGRES_PORT"],
        "NAME": os.environ["POSTGRES_DB"],
        "USER": os.environ["POSTGRES_USER"],
        "PASSWORD": os.environ["POSTGRES_PASSWORD"],
        "CONN_MAX_AGE": None,
    }
}
ROOT_URLCONF = "temoin.urls"
USE_TZ = True
