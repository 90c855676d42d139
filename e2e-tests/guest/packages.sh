# Sourced by fetch: packages of Debian, with lists and caches apart from the machine's.
# shellcheck shell=bash

# list_packages PURPOSE: names from deploy/packages
list_packages() {
    sed -n "s/^$1: //p" "${ROOT:?}/deploy/packages" | tr ' ' '\n'
}

# The mirror of this machine's release, as its apt knows it.
mirror() {
    # shellcheck disable=SC2016 # for apt to expand
    apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
        awk '$1 == "bookworm" { print $2; exit }'
}

# private_apt DIRECTORY STATUS: fills the array apt with options for apt-get and apt-cache, and reads the lists
private_apt() {
    local directory=$1 status=$2 from
    from=$(mirror)
    [ -n "$from" ] || skip "apt names no mirror of Debian 12 (bookworm); this machine's sources are in /etc/apt"
    mkdir -p "$directory"/{lists/partial,archives/partial}
    printf 'deb [signed-by=%s] %s %s main\n' "${KEYS:?}" "$from" bookworm "$KEYS" "$from" bookworm-backports \
        >"$directory/sources.list"
    apt=(-q -o Dir::Etc::sourcelist="$directory/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::State::lists="$directory/lists" -o Dir::State::status="$status" -o Dir::Cache="$directory"
        -o Dir::Cache::archives="$directory/archives" -o APT::Sandbox::User=root -o APT::Install-Recommends=false
        -o APT::Update::Error-Mode=any -o APT::Keep-Downloaded-Packages=true)
    apt-get "${apt[@]}" update >"$directory/log" 2>&1 ||
        skip "apt could not read the lists of Debian 12 and its backports: $(grep -E '^(E|Err)' "$directory/log" | tail -n 1)"
}

# download DIRECTORY ARGUMENT...: apt-get with the options of private_apt
download() {
    local directory=$1
    shift
    (cd "$directory/archives" && apt-get "${apt[@]}" "$@") >"$directory/log" 2>&1 ||
        skip "apt could not download: $(grep -E '^(E|Err)' "$directory/log" | tail -n 1)"
}

# unpack DIRECTORY TREE: all packages that were downloaded; nothing is configured, no maintainer script runs
unpack() {
    local package name
    for name in bin lib lib64 sbin; do # one tree under /usr, which Debian makes outside of the packages
        mkdir -p "$2/usr/$name"
        ln -sfn "usr/$name" "$2/$name"
    done
    for package in "$1"/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar --extract --keep-directory-symlink --directory "$2" || return
    done
}

# QEMU with what this machine lacks of its libraries, in WORK/tree, and WORK/qemu that starts it.
make_qemu() { # WORK
    local work=$1 apt
    private_apt "$work/apt" /var/lib/dpkg/status
    download "$work/apt" install --yes --download-only --reinstall -t bookworm-backports qemu-system-x86 qemu-system-common \
        qemu-system-data seabios
    unpack "$work/apt" "$work/tree"
    rm -rf "$work/apt"
    cat >"$work/qemu" <<'END'
#!/bin/sh
tree=$(dirname "$(readlink -f "$0")")/tree
libraries=$tree/usr/lib/x86_64-linux-gnu
export LD_LIBRARY_PATH="$libraries:$libraries/pulseaudio" QEMU_MODULE_DIR="$libraries/qemu"
exec "$tree/usr/bin/qemu-system-x86_64" -L "$tree/usr/share/qemu" -L "$tree/usr/share/seabios" "$@"
END
    chmod +x "$work/qemu"
    "$work/qemu" -device help >"$work/devices" 2>&1 || skip "QEMU does not start: $(tail -n 1 "$work/devices")"
    grep -q '"igb"' "$work/devices" || skip "QEMU of the backports has no igb: $("$work/qemu" --version | head -n 1)"
}

# The kernel as an ELF file, which boots faster than one that unpacks itself, and modules.
make_kernel() { # WORK
    local work=$1 apt package
    : >"$work/status"
    private_apt "$work/apt" "$work/status"
    package=$(apt-cache "${apt[@]}" show linux-image-amd64 | grep -o 'linux-image-6[^ ]*-amd64' | sort -V | tail -n 1)
    [ -n "$package" ] || skip "the backports of Debian 12 have no linux-image-amd64"
    download "$work/apt" download "$package"
    unpack "$work/apt" "$work/tree"
    extract_vmlinux "$work"/tree/boot/vmlinuz-* "$work/vmlinux" || skip "$package holds no kernel that can be unpacked"
    make_modules "$work" "${package#linux-image-}"
    rm -rf "$work"/{apt,tree,status}
}

# Where the compressed kernel lies, a bzImage says itself (Documentation/arch/x86/boot.rst, payload_offset).
extract_vmlinux() { # BZIMAGE FILE
    local sectors offset length start decompress
    sectors=$(od -An -tu1 -j 497 -N 1 "$1")
    offset=$(od -An -tu4 -j 584 -N 4 "$1")
    length=$(od -An -tu4 -j 588 -N 4 "$1")
    start=$(((sectors + 1) * 512 + offset))
    case $(od -An -tx1 -j "$start" -N 4 "$1" | tr -d ' ') in
    fd377a58) decompress=xz ;;
    28b52ffd) decompress=zstd ;;
    *) return 1 ;;
    esac
    # The last four bytes are the size of what is compressed.
    dd if="$1" bs=1M iflag=skip_bytes,count_bytes skip="$start" count=$((length - 4)) status=none |
        "$decompress" -dc >"$2"
}

# Modules with what they need, decompressed: a guest takes long for that. WORK/boot-modules names those of the initramfs.
make_modules() { # WORK VERSION
    local from=$1/tree to=$1/modules version=$2 module file
    depmod -b "$from" "$version"
    mkdir -p "$to/lib/modules/$version"
    cp "$from/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$to/lib/modules/$version/"
    for module in "${MODULES[@]}"; do
        modprobe -d "$from" -S "$version" --show-depends "$module" |
            sed -n 's/^insmod \([^ ]*\).*/\1/p' | while read -r file; do
            file=${file#"$from"}
            mkdir -p "$to/${file%/*}"
            xz -dc "$from/$file" >"$to/${file%.xz}"
        done
    done
    depmod -b "$to" "$version"
    for module in "${BOOT_MODULES[@]}"; do
        modprobe -d "$to" -S "$version" --show-depends "$module" | sed -n "s:^insmod $to\([^ ]*\).*:\1:p"
    done | awk '!seen[$0]++' >"$1/boot-modules"
}

# The module of netmap, by its own build, with the headers that belong to the guest's kernel.
make_netmap() { # WORK KERNEL SOURCE
    local work=$1 version apt headers
    version=$(basename "$2"/modules/lib/modules/*)
    : >"$work/status"
    private_apt "$work/apt" "$work/status"
    download "$work/apt" download "linux-headers-$version" "linux-headers-${version%-*}-common" "linux-kbuild-${version%-*}"
    unpack "$work/apt" "$work/tree"
    headers=$work/tree/usr/src/linux-headers-$version
    # Debian's makefile names the other package where an installation would have it.
    sed -i "s|/usr/src/|$work/tree/usr/src/|" "$headers/Makefile"
    # With it there, types would be described as well (BTF), by a program that a machine need not have.
    rm -f "$headers/vmlinux"
    mkdir "$work/build"
    (cd "$work/build" && "$3/LINUX/configure" --kernel-dir="$headers" --no-drivers --no-apps && command make netmap.ko) \
        >"$work/log" 2>&1 || skip "netmap did not build for $version: $(tail -n 1 "$work/log")"
    strip --strip-debug -o "$work/netmap.ko" "$work/build/netmap.ko"
    rm -rf "$work"/{apt,tree,status,build}
}
