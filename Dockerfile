FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

# What WeasyPrint draws letters with.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --create-home mikrolaan

WORKDIR /app
COPY requirements/run.txt requirements/run.txt
RUN pip install --no-deps --require-hashes -r requirements/run.txt
COPY . .

# Translations and static files are part of the image. The keys only let the settings load; they are not kept.
RUN pybabel -q compile -d locale -D django \
    && SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
       CPR_INDEX_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(48))')" \
       CPR_ENCRYPTION_KEYS="$(python -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())')" \
       ALLOWED_HOSTS=localhost STATIC_ROOT=/app/static-collected \
       python manage.py collectstatic --noinput -v 0 \
    && mkdir -p /data/documents /data/outbox /data/beat \
    && chmod 700 /data/documents /data/outbox /data/beat \
    && chown -R mikrolaan /data

ENV STATIC_ROOT=/app/static-collected DOCUMENT_ROOT=/data/documents OUTBOX_ROOT=/data/outbox BIND=0.0.0.0 PORT=8000
USER mikrolaan
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "bin/house/healthy.py"]
CMD ["gunicorn", "-c", "gunicorn.conf.py", "microloan.wsgi:application"]
