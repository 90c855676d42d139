# The agent of this project. Sourced by ../bench.

readonly DCN_AGENT=$ROOT/dataplane-agent/target/dist/bin/dcn-agent

dcn_missing() { [[ -x $DCN_AGENT ]] || echo "the agent, path=$DCN_AGENT (./dcn builds it)"; }

dcn_tls_missing() {
    "$DCN_AGENT" serve --help | grep -q -- --tls-directory || echo "an agent whose serve takes --tls-directory"
}

dcn_version() { "$DCN_AGENT" --version | head -n 1; }

dcn_variants() { echo "${PORT_DRIVER//,/ }"; }

# The file that stands in for a disk; server 1's is a copy. For what nginx serves from the page cache it is read through
# the page cache too.
dcn_volume() { # STORAGE
    echo "$DATA/volume-$1${SERVER/#0/}.img"
}

dcn_prepare() {
    local volume bytes=$((LARGE_CACHED_OBJECTS * LARGE_BYTES + SMALL_OBJECTS * SMALL_BYTES)) name names=(hot 4k)
    volume=$(dcn_volume "$1")
    if [[ $1 == disk ]]; then
        names+=(300k)
        bytes=$((bytes + DISK_OBJECTS * LARGE_BYTES))
    fi
    rm -f "$volume"
    mkdir -p "$(dirname "$volume")"
    "$DCN_AGENT" volume format --create $((bytes * 5 / 4 + (256 << 20))) --disk "$volume" >&2
    for name in "${names[@]}"; do
        # It names every object; only a failure is of interest.
        if ! "$DCN_AGENT" volume put --disk "$volume" "$(files "$name")" "/bench/$name" >"$RUN/put.log" 2>&1; then
            say "$(tail -n 5 "$RUN/put.log")"
            return 1
        fi
    done
}

dcn_start() {
    local direct=true
    if [[ $1 == cached ]]; then
        direct=false
        cat "$(dcn_volume "$1")" >/dev/null
    fi
    local tls=() listener=/@TLS_PORT@/d
    if [[ -z ${TLS_MISSING[dcn]} ]]; then
        tls=(--tls-directory "$TLS_DIRECTORY")
        listener="s|@TLS_PORT@|$SERVER_TLS_PORT|; s|@SECRET@|$TLS_SECRET|"
    fi
    # A veth's driver has no zero copy.
    local driver=$2
    [[ $driver != xdp ]] || driver='xdp\n  zeroCopy: Prefer'
    sed -e "s|@VOLUME@|$(dcn_volume "$1")|" -e "s|@DIRECT@|$direct|" -e "s|@LINK@|$SERVER_LINK|" -e "s|@DRIVER@|$driver|" \
        -e "s|@ADDRESS@|$SERVER_ADDRESS/$PREFIX_LENGTH|" -e "s|@PORT@|$SERVER_PORT|" -e "$listener" \
        "$HERE/dcn/node.yaml" >"$RUN/node$SERVER.yaml"
    start_server "$DCN_AGENT" serve --config "$RUN/node$SERVER.yaml" "${tls[@]}" "${@:3}"
}

# Only its worker is on the server's core: what counts beside it and answers scrapes has others wherever an agent has its
# cores to itself.
dcn_start_beside() { # on|off: whether it counts
    local SERVER_CORES=$SERVER_CORE,$CLIENT_CORE DCN_JAVA_OPTS=${DCN_JAVA_OPTS:-}
    [[ $1 == on ]] || DCN_JAVA_OPTS+=" -Ddcn.metrics=off"
    export DCN_JAVA_OPTS
    dcn_start cached "${PORT_DRIVER%%,*}" --cpus "$SERVER_CORE"
}

# Scrapes it once a second, half a second from now on; the process to be killed in the end is $!.
dcn_scrape() {
    in_server taskset -c "$CLIENT_CORE" bash -c \
        'sleep 0.5 && exec curl -s --rate 60/m -o /dev/null "http://127.0.0.1:9464/metrics?[1-3600]"' 9>&- &
}

# Its virtual machine compiles for some seconds, on the very core that is measured.
dcn_warm_up() {
    client_load --prefix /bench/hot/ --objects "$LARGE_CACHED_OBJECTS" --object-bytes "$LARGE_BYTES" --warmup 0 \
        --seconds "$SECONDS_COMPILING" "$@" >/dev/null
}

dcn_stop() { stop_namespace "$SERVER_NS"; }

dcn_loop() { taskset -c "$SERVER_CORE" "$DCN_AGENT" bench-loop --json "$@"; }
