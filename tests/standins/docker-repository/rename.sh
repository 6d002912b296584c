#!/bin/sh
# rename.sh OLD NEW: adds Debian's package OLD under the name NEW to the repository in this folder.
set -eu
old=$1
new=$2

(cd /tmp && apt-get download -q "$old")
dpkg-deb --raw-extract /tmp/"$old"_*.deb /tmp/"$new"
sed -i -e "s/^Package: .*/Package: $new/" \
    -e '/^\(Conflicts\|Breaks\|Replaces\|Provides\|Recommends\|Suggests\|Built-Using\):/d' \
    -e 's/\bcontainerd ([^)]*)/containerd.io/' /tmp/"$new"/DEBIAN/control
dpkg-deb --root-owner-group -Zgzip -z1 --build /tmp/"$new" "$new.deb"
{
    cat /tmp/"$new"/DEBIAN/control
    echo "Filename: ./$new.deb"
    echo "Size: $(stat -c %s "$new.deb")"
    echo "SHA256: $(sha256sum "$new.deb" | cut -d ' ' -f 1)"
    echo
} >>Packages
