# Prometheus with the platform's targets and rules.
ARG IMAGE=prom/prometheus:v3.5.0
FROM ${IMAGE}
COPY monitoring/prometheus/prometheus.yml /etc/prometheus/prometheus.yml
COPY monitoring/prometheus/regles /etc/prometheus/regles
