# The local gateway (HAProxy, configured from kong.yml) in a container: for tests where the Kong image cannot be had.
FROM python:3.11-slim AS paquets
COPY docker/passerelle.lock /passerelle.lock
RUN python -m venv --without-pip /opt/venv \
    && pip --python /opt/venv/bin/python install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes \
       --only-binary :all: --requirement /passerelle.lock

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=paquets /opt/venv /opt/venv
COPY docker/sante.py /app/sante.py
COPY kong /app/kong
COPY local /app/local
WORKDIR /app
USER 10001:10001
CMD ["python", "-m", "local.passerelle_compose", "/rendu/kong.yml", "/tmp/passerelle"]
