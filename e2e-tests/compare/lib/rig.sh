# The rig: a network namespace for each server, one for the client, veth pairs between them, servers on one core and the
# client on the other. Sourced by ../bench. Everything made here is found again by its name, so a run that was killed is
# cleaned up by the next.

# What is measured has server 0 to itself; of two that are measured in turns the second is server 1.
readonly SERVERS=(0 1) CLIENT_NS=dcn-bench-c PREFIX_LENGTH=24
readonly SERVER_PORT=80 SERVER_TLS_PORT=443
readonly SERVER_CORE=0 CLIENT_CORE=1
readonly RUN=/run/dcn-bench
# TLS_DIRECTORY/TLS_SECRET/tls.crt and tls.key: what a mounted secret looks like.
readonly TLS_DIRECTORY=$RUN/tls TLS_SECRET=bench

# Whatever comes next is about this server.
use_server() { # NUMBER
    SERVER=$1 SERVER_NS=dcn-bench-s$1 SERVER_LINK=server$1 CLIENT_LINK=client$1
    SERVER_ADDRESS=10.77.$1.1 CLIENT_ADDRESS=10.77.$1.2
    SERVER_LOG=$RUN/server$1.log
    # Options of the load generator for a workload over TLS.
    TLS=(--server "$SERVER_ADDRESS:$SERVER_TLS_PORT" --tls)
}

in_server() { ip netns exec "$SERVER_NS" "$@"; }
in_client() { ip netns exec "$CLIENT_NS" "$@"; }

# Processes of a namespace are ours by the namespace's name. They get a moment to go by themselves.
stop_namespace() {
    local pids signal
    for signal in TERM KILL; do
        pids=$(ip netns pids "$1" 2>/dev/null) || return 0
        [[ -n $pids ]] || return 0
        # shellcheck disable=SC2086 # a list of numbers
        kill -"$signal" $pids 2>/dev/null
        for _ in {1..50}; do
            [[ -n $(ip netns pids "$1" 2>/dev/null) ]] || return 0
            sleep 0.1
        done
    done
}

remove_rig() {
    local namespace
    for namespace in "$CLIENT_NS" "${SERVERS[@]/#/dcn-bench-s}"; do
        if [[ -e /run/netns/$namespace ]]; then
            stop_namespace "$namespace"
            ip netns delete "$namespace"
        fi
    done
    rm -rf "$RUN"
}

# The key and the certificate that every system serves: ECDSA, P-256.
make_certificate() {
    local directory=$TLS_DIRECTORY/$TLS_SECRET
    mkdir -p "$directory"
    if ! openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=bench \
        -addext subjectAltName=DNS:bench -keyout "$directory/tls.key" -out "$directory/tls.crt" \
        2>"$RUN/openssl.log"; then
        say "openssl made no certificate: $(tail -n 3 "$RUN/openssl.log")"
        return 1
    fi
}

# Which core does the receive work of a link. On veth it is the sender's unless RPS says otherwise, which would
# charge the client's half of TCP to the server's core, or the other way round; on two machines neither happens.
steer_receive() {
    local mask=0
    [[ $RPS == on ]] && mask=$(printf %x $((1 << $3)))
    ip netns exec "$1" bash -c 'echo "$1" >"/sys/class/net/$2/queues/rx-0/rps_cpus"' - "$mask" "$2"
}

make_namespace() { # NAME
    ip netns add "$1"
    # No router solicitations and the like in between, and no address on the server's end that nobody asked for.
    ip netns exec "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    ip -n "$1" link set lo up
}

make_server_end() {
    make_namespace "$SERVER_NS"
    ip link add "$SERVER_LINK" netns "$SERVER_NS" mtu 1500 numtxqueues 1 numrxqueues 1 type veth \
        peer name "$CLIENT_LINK" netns "$CLIENT_NS" mtu 1500 numtxqueues 1 numrxqueues 1
    in_server ip link set "$SERVER_LINK" up
    in_client ip link set "$CLIENT_LINK" up
    in_client ip address add "$CLIENT_ADDRESS/$PREFIX_LENGTH" dev "$CLIENT_LINK"
    steer_receive "$SERVER_NS" "$SERVER_LINK" "$SERVER_CORE"
    steer_receive "$CLIENT_NS" "$CLIENT_LINK" "$CLIENT_CORE"
}

make_rig() {
    mkdir -p "$RUN"
    make_namespace "$CLIENT_NS"
    # Thousands of connections a second, each closed by the client: their ports are needed again within a second.
    # A client far away is not short of receive buffer; neither system's kernel gets other limits than the host's
    # defaults.
    in_client sysctl -qw net.ipv4.tcp_tw_reuse=1 net.ipv4.ip_local_port_range="1024 65535"
    local number
    for number in "${SERVERS[@]}"; do
        use_server "$number"
        make_server_end
    done
    use_server 0
}

# A kernel server needs the address on the link; ours answers for it itself and wants the kernel to have none.
give_server_address() { in_server ip address replace "$SERVER_ADDRESS/$PREFIX_LENGTH" dev "$SERVER_LINK"; }

take_server_address() {
    in_server ip address flush dev "$SERVER_LINK"
    in_client ip neighbour flush dev "$CLIENT_LINK"
}

# Starts a server's command line in its namespace on its core, its output in $SERVER_LOG.
# Its threads stay on the server's core, or on those of $SERVER_CORES.
start_server() {
    in_server taskset -c "${SERVER_CORES:-$SERVER_CORE}" "$@" >"$SERVER_LOG" 2>&1 </dev/null 9>&- &
}

server_pids() { ip netns pids "$SERVER_NS" | paste -sd,; }

# Runs the load generator against the server, on its core; a --server among the options comes after ours and wins. In
# the background, so that a signal is acted on at once.
client_load() {
    in_client taskset -c "$CLIENT_CORE" "$LOAD" --server "$SERVER_ADDRESS:$SERVER_PORT" "$@" 9>&- &
    wait $!
}

# Waits until the server answers with the right bytes: await_server PREFIX OBJECT_BYTES [load options].
await_server() {
    local deadline=$((SECONDS + 60))
    until client_load --prefix "$1" --objects 1 --object-bytes "$2" --connections 1 --once --stall 1 "${@:3}" \
        >"$RUN/probe.json" 2>&1; do
        if ((SECONDS > deadline)) || [[ -z $(server_pids) ]]; then
            say "the server does not answer on $SERVER_ADDRESS:$SERVER_PORT path=${1}0000; its last words:"
            tail -n 20 "$SERVER_LOG" >&2
            say "last probe: $(tail -c 600 "$RUN/probe.json")"
            return 1
        fi
        sleep 0.2
    done
}

# How busy other processes keep the two cores, in percent of the busier one.
foreign_load_percent() {
    local core before after share most=0
    core_busy() { awk -v core="cpu$1" '$1 == core {print $2 + $3 + $4 + $7 + $8}' /proc/stat; }
    local -A start
    for core in "$SERVER_CORE" "$CLIENT_CORE"; do start[$core]=$(core_busy "$core"); done
    sleep 1
    for core in "$SERVER_CORE" "$CLIENT_CORE"; do
        before=${start[$core]} after=$(core_busy "$core")
        share=$(((after - before) * 100 / $(getconf CLK_TCK)))
        ((share > most)) && most=$share
    done
    echo "$most"
}
