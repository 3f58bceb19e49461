# Grafana with its data sources and dashboards.
FROM grafana/grafana:12.1.1
COPY monitoring/grafana/provisioning /etc/grafana/provisioning
COPY monitoring/grafana/tableaux /etc/grafana/tableaux
