# Sourced by fetch: the guest's disks. None is compressed: a guest takes long to decompress, and the host has them in memory.
# shellcheck shell=bash

# squash DIRECTORY FILE
squash() {
    mksquashfs "$1" "$2" -noappend -quiet -no-progress -all-root -noI -noD -noF -noX >/dev/null
}

# content_of DIRECTORY...: a sum of what is in them
content_of() {
    find "$@" -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum
}

make_system() { # WORK KERNEL
    # shellcheck disable=SC2034 # private_apt fills it
    local work=$1 kernel=$2 apt tree=$1/tree names=()
    : >"$work/status"
    private_apt "$work/apt" "$work/status"
    mapfile -t names < <(list_packages guest-system)
    # With a status that knows no package, dependencies come along down to the C library.
    download "$work/apt" install --yes --download-only -t bookworm "${names[@]}"
    unpack "$work/apt" "$tree"
    find "$tree/usr/share" -mindepth 1 -maxdepth 1 ! -name misc ! -name zoneinfo -exec rm -rf {} +
    cp -r "$kernel/modules/lib/modules" "$tree/lib/"
    [ -e "$tree/bin/sh" ] || ln -s bash "$tree/bin/sh"
    [ -e "$tree/bin/awk" ] || ln -s mawk "$tree/bin/awk"
    ln -sfn xtables-nft-multi "$tree/sbin/iptables"
    ln -sfn xtables-nft-multi "$tree/sbin/ip6tables"
    mkdir -p "$tree"/{dev,proc,sys,run,tmp,root,mnt,opt/java,opt/dcn,var/lib/diskcryptnet,etc}
    ln -sfn ../proc/self/mounts "$tree/etc/mtab"
    printf 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n' >"$tree/etc/passwd"
    printf 'root:x:0:\ndisk:x:6:\nnogroup:x:65534:\n' >"$tree/etc/group"
    printf '127.0.0.1 localhost guest\n' >"$tree/etc/hosts"
    ldconfig -r "$tree"
    cp "$tree/bin/busybox" "$work/busybox"
    squash "$tree" "$work/system.squashfs"
    rm -rf "$tree" "$work/apt" "$work/status"
}

# All of what is standard, and what the agent's own image has: which modules do without is that image's concern.
make_java() { # WORK
    "$JAVA_HOME/bin/jlink" --add-modules java.se,jdk.unsupported,jdk.crypto.ec,jdk.management,jdk.zipfs,jdk.jcmd,jdk.net \
        --strip-debug --no-header-files --no-man-pages --output "$1/java" >&2 || return
    "$1/java/bin/java" -XX:+UseCompactObjectHeaders -XX:+UseSerialGC -Xshare:dump \
        -XX:SharedArchiveFile="$1/java/lib/server/classes_coh.jsa" >/dev/null || return
    "$1/java/bin/java" -XX:+UseSerialGC -Xshare:dump >/dev/null || return
    squash "$1/java" "$1/java.squashfs"
}

make_initramfs() { # WORK KERNEL SYSTEM
    local work=$1 kernel=$2 tree=$1/tree module
    mkdir -p "$tree"/{bin,dev,proc,sys,system,writable,root,modules}
    cp "$3/busybox" "$tree/bin/busybox"
    while read -r module; do
        cp "$kernel/modules/$module" "$tree/modules/"
        echo "${module##*/}" >>"$tree/modules/order"
    done <"$kernel/boot-modules"
    install -m 755 "${HERE:?}/inside/boot" "$tree/init"
    install -m 755 "$HERE/inside/serve" "$tree/serve"
    cc -O2 -Wall -Wextra -static -pthread -o "$tree/timers" "$HERE/inside/timers.c"
    (cd "$tree" && find . -print0 | cpio --null --create --quiet --format=newc --owner=0:0) >"$work/initramfs"
    rm -rf "$tree"
}

# /opt/dcn of the guest: dist as it was built, samples, and what makes the agent start sooner.
make_agent() { # WORK JAVA
    local tree=$1/tree
    mkdir "$tree"
    cp -rp "${DIST:?}" "$tree/dist"
    cp -rp "${ROOT:?}/deploy/samples" "$tree/samples"
    "${HERE:?}/train" "$2/java" "$tree" >&2 || {
        say "the agent could not be run here beforehand, so it starts slowly in guests"
        rm -f "$tree/agent.aot"
    }
    squash "$tree" "$1/agent.squashfs"
    rm -rf "$tree"
}
