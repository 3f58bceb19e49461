# The one-shot that renders kong.yml with its keys into the volume that Kong reads.
FROM python:3.11-slim
COPY kong/kong.yml kong/rendre.py /kong/
RUN mkdir /rendu && chown 10001:10001 /rendu
USER 10001:10001
CMD ["sh", "-ec", "umask 022; python -I /kong/rendre.py /kong/kong.yml > /rendu/.kong.yml && mv /rendu/.kong.yml /rendu/kong.yml"]
