# Suyuan in a container: build with the compiler-free wheels, run as a plain user with a read-only root.
# The detector of symbols of /scan, from the packages that are pinned to their bytes; nothing of Node.js stays.
FROM node:24-bookworm-slim AS ui
WORKDIR /src/portal/ui
COPY portal/ui/.npmrc portal/ui/package.json portal/ui/package-lock.json ./
RUN npm ci
COPY portal/ui/build.mjs portal/ui/detector.js ./
RUN npm run build

FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements/server.txt requirements/server.txt
RUN python -m venv /opt/suyuan \
 && /opt/suyuan/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/server.txt
COPY pyproject.toml README.md LICENSE ./
COPY readers readers
COPY trace trace
COPY portal portal
COPY --from=ui /src/portal/suyuan/portal/static/shopper/built portal/suyuan/portal/static/shopper/built
COPY simulator simulator
COPY api api
RUN /opt/suyuan/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
# The typeface that printed labels embed.
RUN apt-get update \
 && apt-get install -y --no-install-recommends fonts-wqy-microhei=0.2.0* \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/suyuan suyuan
COPY --from=build /opt/suyuan /opt/suyuan
ENV PATH=/opt/suyuan/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SUYUAN_VAR=/var/lib/suyuan \
    SUYUAN_HOST=0.0.0.0
USER 10001
WORKDIR /var/lib/suyuan
VOLUME /var/lib/suyuan
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["suyuan", "health"]
CMD ["suyuan", "serve"]
