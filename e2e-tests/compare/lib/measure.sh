# One measured run, and the order of runs. Sourced by ../bench.
#
# Each system's folder has a system.sh that defines, with the folder's name before each:
#   _missing           prints what is missing on this machine, nothing when all is there
#   _version           one line
#   _variants SESSION  its configurations for `cached`, `disk` or `tls_disk`, one word each
#   _prepare STORAGE   once before the first run, `cached` or `disk`: puts the files where the system wants them
#   _start STORAGE VARIANT, _stop   from what was prepared for that storage
#   _tls_missing       as _missing, for the workloads over TLS
#   _warm_up [load options]   what it needs to be at full speed, before a run over in seconds or of code not run before

# run NAME CONNECTIONS PREFIX OBJECTS OBJECT_BYTES [load options]: appends one line to $RUNS.
run() {
    local name=$1 connections=$2 prefix=$3 objects=$4 object_bytes=$5
    shift 5
    local read_before report status=0
    read_before=$(device_read_bytes)
    client_load --prefix "$prefix" --objects "$objects" --object-bytes "$object_bytes" --connections "$connections" \
        --shuffle "$REPETITION" --server-core "$SERVER_CORE" --client-core "$CLIENT_CORE" \
        --server-pids "$(server_pids)" "$@" >"$RUN/load.json" || status=$?
    if ((status > 1)) || [[ ! -s $RUN/load.json ]]; then
        say "the load generator failed (status=$status) on $name of $SYSTEM"
        return 1
    fi
    report=$(jq -c --arg workload "$name" --argjson connections "$connections" --arg system "$SYSTEM" \
        --arg variant "$VARIANT" --argjson repetition "$REPETITION" \
        --argjson deviceReadBytes $(($(device_read_bytes) - read_before)) \
        '{$workload, $connections, $system, $variant, $repetition} + . + {$deviceReadBytes}' "$RUN/load.json")
    echo "$report" >>"$RUNS"
    say "$(jq -r '"  \(.workload) connections=\(.connections) \(.system)/\(.variant): "
        + if .workload | startswith("tls-handshakes") then
            "\(.handshakesPerSecond | round) handshakes/s, "
            + (.serverCore.busySeconds as $busy
                | if $busy > 0 then "\(.handshakes / $busy | round) per CPU s" else "" end)
          else
            "\(.gbitPerSecond * 100 | round / 100) Gbit/s, \(.requestsPerSecond | round) requests/s, "
            + "\(.serverCore.busySeconds / .bytes * 1e11 | round / 100) CPU s/GB"
          end
        + if .errors + .mismatches > 0 then ", \(.errors) ERRORS, \(.mismatches) MISMATCHES" else "" end' <<<"$report")"
}

# Every object once, compared byte by byte: it fills the page cache where there is one, warms the code, and proves that
# what is measured next is the right thing.
prove() { # PREFIX OBJECTS OBJECT_BYTES [load options]
    await_server "$1" "$3" "${@:4}"
    if ! client_load --prefix "$1" --objects "$2" --object-bytes "$3" --connections 16 --once --verify-every 1 \
        "${@:4}" >"$RUN/proof.json"; then
        say "$SYSTEM/$VARIANT does not serve ${1}* as stored: $(<"$RUN/proof.json")"
        return 1
    fi
}

wants() { [[ ,$WORKLOADS, == *,"$1",* ]]; }

# Whether a workload over TLS is wanted that this system can serve.
wants_tls() {
    wants "$1" && [[ -z ${TLS_MISSING[$SYSTEM]} ]]
}

readonly HOT=(/bench/hot/ "$LARGE_CACHED_OBJECTS" "$LARGE_BYTES") SMALL=(/bench/4k/ "$SMALL_OBJECTS" "$SMALL_BYTES")

session_cached() {
    local time=(--seconds "$SECONDS_MEASURED" --warmup "$SECONDS_WARMUP") connections
    "${SYSTEM}_start" cached "$VARIANT"
    if wants plain-300k-cached; then
        prove "${HOT[@]}"
        for connections in ${CONNECTIONS//,/ }; do
            run plain-300k-cached "$connections" "${HOT[@]}" "${time[@]}"
        done
    fi
    if wants plain-4k; then
        prove "${SMALL[@]}"
        run plain-4k 64 "${SMALL[@]}" "${time[@]}"
    fi
    if wants_tls tls-300k-cached; then
        prove "${HOT[@]}" "${TLS[@]}"
        "${SYSTEM}_warm_up" "${TLS[@]}"
        for connections in ${TLS_CONNECTIONS//,/ }; do
            run tls-300k-cached "$connections" "${HOT[@]}" "${time[@]}" "${TLS[@]}"
        done
    fi
    if wants_tls tls-handshakes; then
        prove "${SMALL[@]}" "${TLS[@]}"
        local once=("${TLS[@]}" --requests-per-connection 1)
        "${SYSTEM}_warm_up" "${once[@]}"
        run tls-handshakes-full 64 "${SMALL[@]}" "${time[@]}" "${once[@]}"
        run tls-handshakes-resumed 64 "${SMALL[@]}" "${time[@]}" "${once[@]}" --tls-resume
    fi
    "${SYSTEM}_stop"
}

# One pass over objects that are in nobody's memory: no second look, so nothing becomes cached on the way. Other
# objects of the same size warm the code up.
disk_pass() { # WORKLOAD [load options]
    # Before the warm-up, which touches other objects: memory that was just given up is slow to be had again.
    drop_page_cache
    "${SYSTEM}_start" disk "$VARIANT"
    prove "${HOT[@]}" "${@:2}"
    "${SYSTEM}_warm_up" "${@:2}"
    run "$1" 64 /bench/300k/ "$DISK_OBJECTS" "$LARGE_BYTES" --once "${@:2}"
    "${SYSTEM}_stop"
}

session_disk() { disk_pass plain-300k-disk; }

session_tls_disk() {
    if wants_tls tls-300k-disk; then disk_pass tls-300k-disk "${TLS[@]}"; fi
}

# The loop alone, without a kernel's network stack; only ours can do that.
run_loop() { # WORKLOAD [bench-loop options]
    SYSTEM=dcn
    for ((REPETITION = 1; REPETITION <= LOOP_REPETITIONS; REPETITION++)); do
        if ! dcn_loop "${@:2}" >"$RUN/load.json" 2>"$SERVER_LOG"; then
            say "$1 failed: $(tail -n 5 "$SERVER_LOG")"
            return 1
        fi
        VARIANT=$(jq -r '.engine // "loop"' "$RUN/load.json")
        jq -c --arg workload "$1" --arg system "$SYSTEM" --arg variant "$VARIANT" --argjson repetition "$REPETITION" \
            '{$workload, connections: (.connections // 64), $system, $variant, $repetition} + .' \
            "$RUN/load.json" >>"$RUNS"
        say "  $1: $(jq -r '"\(.gbitPerSecond) Gbit/s"
            + if .rawSealGbitPerSecond then ", \(.engine) alone seals \(.rawSealGbitPerSecond)" else "" end' \
            "$RUN/load.json")"
    done
}

# Systems take turns within a repetition, so that a slow minute of the machine meets all of them.
run_sessions() { # SESSION REPETITIONS
    for ((REPETITION = 1; REPETITION <= $2; REPETITION++)); do
        say "${1/_/ }, repetition $REPETITION of $2"
        for SYSTEM in ${SYSTEMS//,/ }; do
            for VARIANT in $("${SYSTEM}_variants" "$1"); do
                "session_$1"
            done
        done
    done
}
