# Two stages: pip and the build tools stay in the first one.
FROM python:3.13-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src

# The locks come first: a change of the code does not install the dependencies anew.
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN python -m venv /opt/harvester \
 && python -m pip install --only-binary :all: --require-hashes -r requirements/build.txt \
 && /opt/harvester/bin/python -m pip install --only-binary :all: --require-hashes -r requirements/runtime.txt

COPY pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY harvester harvester
RUN python -m pip wheel --no-index --no-deps --no-build-isolation --wheel-dir dist . \
 && /opt/harvester/bin/python -m pip install --no-index --no-deps dist/*.whl \
 && /opt/harvester/bin/python -m pip uninstall --yes pip

FROM python:3.13-slim

ENV PATH=/opt/harvester/bin:$PATH PYTHONUNBUFFERED=1
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data harvester \
 && install --directory --owner=harvester --group=harvester /data
COPY --from=build /opt/harvester /opt/harvester

USER 10001:10001
WORKDIR /data
VOLUME /data
ENTRYPOINT ["harvester"]
CMD ["--help"]
