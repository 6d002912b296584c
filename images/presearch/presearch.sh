#!/bin/sh
# presearch restore|node|updater: one service of a Presearch node. Values reach the containers through the
# environment, so that neither the code nor a key stands in an argument list.
set -eu
node=presearch-node
storage=presearch-node-storage

need_code() {
    if [ -z "${PRESEARCH_REGISTRATION_CODE:-}" ]; then
        echo "PRESEARCH_REGISTRATION_CODE is not set: take it from https://nodes.presearch.org/dashboard" >&2
        exit 2
    fi
}

# A pair of keys makes the node go on as an earlier one; without, it begins anew.
restore() {
    if [ -z "${PRESEARCH_BACKUP_PRI_KEY:-}" ] || [ -z "${PRESEARCH_BACKUP_PUB_KEY:-}" ]; then
        return
    fi
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    umask 077
    printf '%s\n' "$PRESEARCH_BACKUP_PRI_KEY" >"$folder/id_rsa"
    printf '%s\n' "$PRESEARCH_BACKUP_PUB_KEY" >"$folder/id_rsa.pub"
    keeper=$(docker create --volume "$storage:/app/node" presearch/node)
    docker cp "$folder/." "$keeper:/app/node/.keys/"
    docker rm "$keeper" >/dev/null
}

run_node() {
    need_code
    export REGISTRATION_CODE="$PRESEARCH_REGISTRATION_CODE"
    docker rm --force "$node" >/dev/null 2>&1 || true
    exec docker run --rm --name "$node" --env REGISTRATION_CODE --volume "$storage:/app/node" presearch/node
}

# The network asks for the current node: Presearch's own updater replaces the container.
run_updater() {
    need_code
    docker rm --force presearch-auto-updater >/dev/null 2>&1 || true
    exec docker run --rm --name presearch-auto-updater --volume /var/run/docker.sock:/var/run/docker.sock \
        presearch/auto-updater --cleanup --interval 900 presearch-auto-updater "$node"
}

case "${1:-}" in
    restore) restore ;;
    node) run_node ;;
    updater) run_updater ;;
    *) echo "usage: presearch restore|node|updater" >&2; exit 64 ;;
esac
