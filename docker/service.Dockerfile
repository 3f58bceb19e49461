# Every Python program of the platform: one family, one image per folder of code (build argument DOSSIER).
#
# The first two stages are the same for all of them, so that they are built and stored once; a change of code costs one
# thin layer. The packages are those of the lock, hashes checked. The process has no root and writes to /tmp only.
FROM python:3.11-slim AS paquets
COPY docker/requirements.lock /requirements.lock
RUN python -m venv --without-pip /opt/venv \
    && pip --python /opt/venv/bin/python install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes \
       --only-binary :all: --requirement /requirements.lock

FROM python:3.11-slim AS socle
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app/socle:/app/service PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN groupadd --system --gid 10001 labo \
    && useradd --system --uid 10001 --gid labo --home-dir /app --no-create-home --shell /usr/sbin/nologin labo \
    && mkdir -p /app/service /var/lib/labo/fautes && chown labo:labo /var/lib/labo/fautes
COPY --from=paquets /opt/venv /opt/venv
COPY docker/sante.py /app/sante.py
COPY socle/src /app/socle
RUN python -m compileall -q -j 0 /app/socle
WORKDIR /app/service

FROM socle
ARG DOSSIER
COPY ${DOSSIER} /app/service
RUN python -m compileall -q -j 0 /app/service
USER labo
CMD ["python", "-m", "gunicorn", "--no-control-socket", "-c", "python:socle.gunicorn", "wsgi:application"]
