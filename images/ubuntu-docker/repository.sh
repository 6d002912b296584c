#!/bin/sh
# repository.sh KEY FOLDER: writes apt's view of Docker's repository into FOLDER, if KEY holds exactly the
# one key whose fingerprint is DOCKER_KEY_FINGERPRINT.
set -eu
key=$1
folder=$2

found=$(gpg --batch --with-colons --show-keys "$key" | awk -F: '
    $1 == "pub" { primary = 1 }
    $1 == "fpr" && primary { print $10; primary = 0 }')
if [ "$found" != "$DOCKER_KEY_FINGERPRINT" ]; then
    echo "Docker's key is not the expected one: $found instead of $DOCKER_KEY_FINGERPRINT" >&2
    exit 1
fi

. /etc/os-release
mkdir -p "$folder/etc/apt/keyrings" "$folder/etc/apt/sources.list.d"
install -m 644 "$key" "$folder/etc/apt/keyrings/docker.asc"
cat >"$folder/etc/apt/sources.list.d/docker.sources" <<END
Types: deb
URIs: https://download.docker.com/linux/$ID
Suites: $VERSION_CODENAME
Components: stable
Architectures: $(dpkg --print-architecture)
Signed-By: /etc/apt/keyrings/docker.asc
END
