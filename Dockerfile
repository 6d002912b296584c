# The action's image. The runner wants root, and neither WORKDIR nor USER:
# https://docs.github.com/en/actions/reference/workflows-and-actions/dockerfile-support
FROM debian:trixie-slim AS packages

RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3-venv \
 && python3 -m venv --without-pip /opt/tf-images/venv \
 && python3 -m venv /opt/installer

COPY requirements/run.txt /tmp/
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/installer/bin/pip --python /opt/tf-images/venv/bin/python3 install \
      --require-hashes --only-binary :all: --no-compile --requirement /tmp/run.txt
# Of no use at run time: stubs, headers, tests, sources of compiled modules; the grammars of 500
# languages (rich brings them, and colours tracebacks alone); cryptography (15 MB, by which PyGithub
# signs in as a GitHub App, where a step has a token).
# WORKDIR takes no pattern, and the version is Debian's.
# hadolint ignore=DL3003
RUN cd /opt/tf-images/venv/lib/python3*/site-packages \
 && find . \( -name '*.pyi' -o -name '*.pxd' -o -name '*.pyx' -o -name '*.h' -o -name '*.c' \) -delete \
 && find . -type d \( -name tests -o -name test \) -prune -exec rm -r {} + \
 && find pygments/lexers -name '*.py' \
      ! -name '__init__.py' ! -name '_mapping.py' ! -name 'python.py' ! -name 'special.py' -delete \
 && rm -r cryptography cryptography-*.dist-info
COPY entrypoint.py /opt/tf-images/
COPY tfimages_action /opt/tf-images/tfimages_action
# Compiled here, or each run would do it again. The files never change: no need to look whether.
RUN python3 -m compileall -q --invalidation-mode unchecked-hash /opt/tf-images


FROM debian:trixie-slim

# openssh-client logs into images under check; ca-certificates is for every https address.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      ca-certificates docker-buildx docker-cli openssh-client python3 tini \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/cache/ldconfig \
      /var/log/* /usr/share/bash-completion /usr/share/fish /usr/share/zsh /usr/share/locale \
      /usr/share/man /usr/share/info /usr/lib/python3*/test /usr/lib/python3*/pydoc_data \
      /usr/lib/openssh

COPY --from=packages /opt/tf-images /opt/tf-images

# Lines appear in the step's log when they are written.
ENV PATH=/opt/tf-images/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONUNBUFFERED=1

LABEL org.opencontainers.image.title="tf-images" \
      org.opencontainers.image.description="Builds, proves and publishes container images and flists." \
      org.opencontainers.image.licenses="Apache-2.0"

# An exec form without a shell: dash drops variables with a hyphen, INPUT_HUB-TOKEN among them.
# tini is PID 1: it reaps children and passes signals on to the whole group.
ENTRYPOINT ["tini", "-g", "--", "python3", "/opt/tf-images/entrypoint.py"]
