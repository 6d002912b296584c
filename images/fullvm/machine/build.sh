#!/bin/sh
# Makes the machine bootable: KERNEL and PACKAGES by apt, services on, and nothing that two machines would
# share. OVERLAYROOT: where overlayroot puts what is written (ubuntu-crypt).
set -eu

# shellcheck disable=SC2086 # PACKAGES is a list
/mnt/apt-install-lean "$KERNEL" $PACKAGES

if [ -n "${OVERLAYROOT:-}" ]; then
    echo "overlayroot=\"$OVERLAYROOT\"" >/etc/overlayroot.local.conf
    update-initramfs -u -k all
fi
systemctl enable ssh.service systemd-networkd.service systemd-resolved.service
rm -f /etc/ssh/ssh_host_*
: >/etc/machine-id

for file in vmlinuz initrd.img; do
    if [ ! -e "/boot/$file" ]; then
        echo "/boot/$file is missing: did $KERNEL bring a kernel?" >&2
        exit 1
    fi
done
# A hook leaves out in silence what this kernel does not have.
version=$(basename "$(readlink -f /boot/initrd.img)" | sed 's/^initrd.img-//')
if ! grep -q '/virtiofs\.ko' "/lib/modules/$version/modules.builtin" \
    && ! lsinitramfs /boot/initrd.img | grep -q '/virtiofs\.ko'; then
    echo "the initrd has no virtiofs: choose another KERNEL, or add the PACKAGE with its modules" >&2
    exit 1
fi
