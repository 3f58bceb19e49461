# The one-shot that gives every PostgreSQL server its database and its roles.
FROM postgres:15
COPY docker/bases.sh /usr/local/bin/bases.sh
USER postgres
ENTRYPOINT []
CMD ["bash", "/usr/local/bin/bases.sh"]
