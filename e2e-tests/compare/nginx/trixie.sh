# Debian 13's nginx with its OpenSSL, unpacked beside the data and run in a chroot: nothing is installed. The packages
# come from the mirror that this machine's own apt sources name, with lists and caches apart from the machine's. Sourced
# by ../bench.

readonly TRIXIE_KEYS=/usr/share/keyrings/debian-archive-keyring.gpg

# Says why and ends the bench when it cannot be had.
nginx_fetch_rival() {
    local directory=$DATA/trixie log=$RUN/trixie.log
    if [[ ! -e $directory/complete ]]; then
        say "fetching Debian 13's nginx"
        mkdir -p "$RUN"
        if ! { trixie_download "$directory" && trixie_unpack "$directory"; } >"$log" 2>&1; then
            say "SKIPPED: --rival trixie, its packages could not be fetched:" \
                "$(grep -v '^[WN]:' "$log" | tail -n 3 | paste -sd' ')"
            exit 3
        fi
        touch "$directory/complete"
    fi
    NGINX=("$HERE/nginx/in-chroot" "$directory/root" "$DATA/files" "$RUN" nginx)
    if ! nginx_version | grep -q 1.26; then
        say "SKIPPED: --rival trixie, what was fetched does not run: $("${NGINX[@]}" -v 2>&1 | tail -n 1)"
        exit 3
    fi
}

# The mirror of this machine's release, as its apt knows it.
trixie_mirror() {
    local release
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
        awk -v release="$release" '$1 == release {print $2; exit}'
}

trixie_download() { # DIRECTORY
    local mirror
    mirror=$(trixie_mirror)
    if [[ -z $mirror ]]; then
        echo "apt names no mirror of this release; its sources are in /etc/apt"
        return 1
    fi
    rm -rf "$1"
    mkdir -p "$1/lists/partial" "$1/archives/partial"
    : >"$1/status"
    echo "deb [signed-by=$TRIXIE_KEYS] $mirror trixie main" >"$1/sources.list"
    # With a status that knows no package, dependencies come along down to the C library.
    local apt=(apt-get -q -o Dir::Etc::sourcelist="$1/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::State::lists="$1/lists" -o Dir::State::status="$1/status" -o Dir::Cache="$1"
        -o Dir::Cache::archives="$1/archives" -o APT::Sandbox::User=root -o APT::Install-Recommends=false
        -o APT::Update::Error-Mode=any)
    "${apt[@]}" update && "${apt[@]}" install --yes --download-only nginx
}

trixie_unpack() { # DIRECTORY
    local root=$1/root package name
    for name in bin lib lib64 sbin; do # one tree under /usr, as Debian 13 has it
        mkdir -p "$root/usr/$name"
        ln -s "usr/$name" "$root/$name"
    done
    for package in "$1"/archives/*.deb; do
        dpkg-deb --extract "$package" "$root" || return
    done
    mkdir -p "$root/etc" "$root/dev" "$root/var/lib/nginx" "$root/var/log/nginx"
    echo "www-data:x:33:33::/:/usr/sbin/nologin" >"$root/etc/passwd"
    echo "www-data:x:33:" >"$root/etc/group"
}
