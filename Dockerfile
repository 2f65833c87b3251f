# One image for web, worker, beat and migrate; docker-compose.yml says what each runs.
FROM python:3.11-slim AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.txt /tmp/
RUN /venv/bin/pip install --require-hashes --no-deps -r /tmp/requirements.txt

WORKDIR /app
COPY manage.py ./
COPY community ./community
COPY journeys ./journeys
COPY advocacy ./advocacy
COPY templates ./templates
COPY static ./static
# Static files are collected here once; the key lives for this one command and is in no layer.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(50))')" \
    DATABASE_URL=postgres:///unused REDIS_URL=redis://unused STATIC_ROOT=/srv/static \
    /venv/bin/python manage.py collectstatic --noinput \
 && /venv/bin/python -m compileall -q /app


FROM python:3.11-slim

# pg_dump and its like, of the server's version: `backup` and `restore` use them.
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates postgresql-common \
 && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
 && apt-get install --yes --no-install-recommends postgresql-client-18 && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin caravan \
 && install -d -o caravan -g caravan /srv/media
COPY --from=build /venv /venv
COPY --from=build /srv/static /srv/static
COPY --from=build /app /app

ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    STATIC_ROOT=/srv/static MEDIA_ROOT=/srv/media
WORKDIR /app
USER caravan
EXPOSE 8000
VOLUME /srv/media
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-m", "community.runtime.probe", "/healthz"]
CMD ["python", "-m", "community.runtime.web", "--bind", "0.0.0.0:8000"]
