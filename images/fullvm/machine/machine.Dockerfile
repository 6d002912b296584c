# A machine of its own: kernel, initrd, systemd, cloud-init and sshd. All full VMs are made by this file;
# what differs is in the `args:` of their image.yaml. The result is the file system, which the run packs.
ARG PARENT

# COPY writes these two, since a RUN sees BuildKit's own in their place.
FROM ${PARENT} AS network
RUN mkdir -p /network/etc \
    && ln -s ../run/systemd/resolve/stub-resolv.conf /network/etc/resolv.conf \
    && printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n' >/network/etc/hosts

FROM ${PARENT}
# A container's base forbids services to start; in a machine that is wrong.
RUN --mount=from=apt,target=/mnt rm -f /usr/sbin/policy-rc.d /etc/apt/apt.conf.d/docker-* \
    && /mnt/apt-install-lean ca-certificates cloud-init curl dbus initramfs-tools iproute2 less \
        libpam-systemd lz4 openssh-server python3 systemd-resolved systemd-sysv udev xz-utils zstd
COPY rootfs /
COPY --from=ssh etc/ssh/sshd_config.d /etc/ssh/sshd_config.d
# The kernel comes after the tools, which its hooks need to unpack it.
ARG KERNEL
ARG PACKAGES=
ARG OVERLAYROOT=
RUN --mount=from=apt,target=/mnt --mount=source=build.sh,target=/tmp/build.sh ["/tmp/build.sh"]
COPY --from=network /network/etc /etc
