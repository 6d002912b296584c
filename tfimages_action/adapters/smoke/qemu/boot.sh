#!/bin/sh
# Boots /machine/root as ZOS would: its own kernel and initrd, root over virtiofs, a NoCloud seed made of
# /machine/seed, an empty disk as /dev/vda. SSH is on port 22 of this container. The console goes to
# standard output, and so does a line `tfimages: ...` that says what was used, or what was refused.
#
# The environment changes what is tried: VIRTIOFSD (its path), KVM_TRIAL_S, MEMORY (megabytes).
set -eu
cd /machine
root=/machine/root
memory=${MEMORY:-1024}
kernel=$root/boot/vmlinuz
initrd=$root/boot/initrd.img

say() {
    echo "tfimages: $*"
}

refuse() {
    say "refused: $*"
    exit 3
}

# A device that is there may still hang a guest, or refuse its CPU: the kernel must show a sign of life under
# it, soon. Leaves in $kvm what came of it.
kvm_works() {
    kvm="no /dev/kvm"
    [ -e /dev/kvm ] || return 1
    kvm="/dev/kvm may not be opened"
    [ -r /dev/kvm ] && [ -w /dev/kvm ] || return 1
    timeout "${KVM_TRIAL_S:-15}" qemu-system-x86_64 -accel kvm -cpu max -m 256 -nodefaults -display none \
        -no-reboot -serial file:/machine/trial.log -kernel "$kernel" \
        -append "console=ttyS0 panic=-1" >/machine/trial.err 2>&1 && ended=0 || ended=$?
    if grep -q 'Kernel panic' /machine/trial.log 2>/dev/null; then
        return 0
    fi
    kvm="tried KVM: $(grep -m 1 'error: ' /machine/trial.err || echo "no sign of life, ended with $ended")"
    return 1
}

start_virtiofsd() {
    # No sandbox of its own: the container is one, and does not let it make another.
    "${VIRTIOFSD:-/usr/libexec/virtiofsd}" --socket-path=/machine/fs.sock --shared-dir="$root" --sandbox=none \
        --seccomp=none --cache=always >/machine/virtiofsd.log 2>&1 &
    server=$!
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        if [ -S /machine/fs.sock ]; then
            return 0
        fi
        kill -0 "$server" 2>/dev/null || return 1
        sleep 0.5
    done
    return 1
}

for file in "$kernel" "$initrd"; do
    [ -e "$file" ] || refuse "the archive has no ${file#"$root"}, or a link there leads out of it"
done
# Told by its first bytes: a boot under QEMU would forgive a compressed one.
[ "$(head -c 4 "$kernel" | od -An -c | tr -d ' ')" = '177ELF' ] \
    || refuse "the kernel is no uncompressed ELF image, which is all that ZOS boots"

genisoimage -quiet -output seed.img -volid cidata -joliet -rock seed/user-data seed/meta-data
truncate -s 1G scratch.img

if kvm_works; then
    accel="-accel kvm"
    used=kvm
else
    accel="-accel tcg,thread=multi"
    used="tcg ($kvm)"
fi
if start_virtiofsd; then
    how=virtiofs
    share="-object memory-backend-memfd,id=memory,size=${memory}M,share=on -numa node,memdev=memory
        -chardev socket,id=fs,path=/machine/fs.sock -device vhost-user-fs-pci,chardev=fs,tag=vroot"
    append="root=vroot rootfstype=virtiofs"
else
    sed 's/^/virtiofsd: /' /machine/virtiofsd.log 2>/dev/null || true
    how=disk
    truncate -s 4G root.img
    mkfs.ext4 -q -L vroot -d "$root" root.img
    share="-drive file=root.img,format=raw,if=none,id=root -device virtio-blk-pci,drive=root,addr=6"
    append="root=LABEL=vroot"
fi
say "accelerator $used, root on $how"

# shellcheck disable=SC2086 # lists of options
exec qemu-system-x86_64 $accel -cpu max -smp 2 -m "$memory" -nodefaults -display none -no-reboot \
    -serial stdio -kernel "$kernel" -initrd "$initrd" -append "$append rw console=ttyS0 panic=-1" $share \
    -drive file=scratch.img,format=raw,if=none,id=scratch -device virtio-blk-pci,drive=scratch,addr=4 \
    -drive file=seed.img,format=raw,if=none,readonly=on,id=seed -device virtio-blk-pci,drive=seed,addr=5 \
    -nic user,model=virtio-net-pci,hostfwd=tcp::22-:22
