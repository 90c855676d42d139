# One measured run, and the order of runs. Sourced by ../bench.
#
# Each system's folder has a system.sh that defines, with the folder's name before each:
#   _missing           prints what is missing on this machine, nothing when all is there
#   _version           one line
#   _variants STORAGE  its configurations for `cached` or `disk`, one word each
#   _prepare STORAGE   once before the first run: puts the files where the system wants them
#   _start STORAGE VARIANT, _stop
#   _warm_up           what it needs to be at full speed before a run that is over in seconds

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
    say "$(jq -r '"  \(.workload) connections=\(.connections) \(.system)/\(.variant): \(.gbitPerSecond * 100 | round / 100)"
        + " Gbit/s, \(.requestsPerSecond | round) requests/s, "
        + "\(.serverCore.busySeconds / .bytes * 1e11 | round / 100) CPU s/GB"
        + if .errors + .mismatches > 0 then ", \(.errors) ERRORS, \(.mismatches) MISMATCHES" else "" end' <<<"$report")"
}

# Every object once, compared byte by byte: it fills the page cache where there is one, warms the code, and proves that
# what is measured next is the right thing.
prove() { # PREFIX OBJECTS OBJECT_BYTES
    if ! client_load --prefix "$1" --objects "$2" --object-bytes "$3" --connections 16 --once --verify-every 1 \
        >"$RUN/proof.json"; then
        say "$SYSTEM/$VARIANT does not serve ${1}* as stored: $(<"$RUN/proof.json")"
        return 1
    fi
}

wants() { [[ ,$WORKLOADS, == *,"$1",* ]]; }

session_cached() {
    local time=(--seconds "$SECONDS_MEASURED" --warmup "$SECONDS_WARMUP") connections
    "${SYSTEM}_start" cached "$VARIANT"
    if wants plain-300k-cached; then
        await_server /bench/hot/ "$LARGE_BYTES"
        prove /bench/hot/ "$LARGE_CACHED_OBJECTS" "$LARGE_BYTES"
        for connections in ${CONNECTIONS//,/ }; do
            run plain-300k-cached "$connections" /bench/hot/ "$LARGE_CACHED_OBJECTS" "$LARGE_BYTES" "${time[@]}"
        done
    fi
    if wants plain-4k; then
        await_server /bench/4k/ "$SMALL_BYTES"
        prove /bench/4k/ "$SMALL_OBJECTS" "$SMALL_BYTES"
        run plain-4k 64 /bench/4k/ "$SMALL_OBJECTS" "$SMALL_BYTES" "${time[@]}"
    fi
    "${SYSTEM}_stop"
}

# One pass over objects that are in nobody's memory: no second look, so nothing becomes cached on the way. Other
# objects of the same size warm the code up.
session_disk() {
    # Before the warm-up, which touches other objects: memory that was just given up is slow to be had again.
    drop_page_cache
    "${SYSTEM}_start" disk "$VARIANT"
    await_server /bench/hot/ "$LARGE_BYTES"
    prove /bench/hot/ "$LARGE_CACHED_OBJECTS" "$LARGE_BYTES"
    "${SYSTEM}_warm_up"
    run plain-300k-disk 64 /bench/300k/ "$DISK_OBJECTS" "$LARGE_BYTES" --once
    "${SYSTEM}_stop"
}

# The loop alone, without a kernel's network stack; only ours can do that.
run_loop() {
    REPETITION=$1 SYSTEM=dcn VARIANT=loop
    if ! dcn_loop >"$RUN/load.json" 2>"$RUN/server.log"; then
        say "loop-plain failed: $(tail -n 5 "$RUN/server.log")"
        return 1
    fi
    jq -c --argjson repetition "$REPETITION" \
        '{workload: "loop-plain", connections: (.connections // 64), system: "dcn", variant: "loop", $repetition} + .' \
        "$RUN/load.json" >>"$RUNS"
    say "  loop-plain: $(jq -r '.gbitPerSecond' "$RUN/load.json") Gbit/s"
}

# Systems take turns within a repetition, so that a slow minute of the machine meets all of them.
run_sessions() { # STORAGE REPETITIONS
    for ((REPETITION = 1; REPETITION <= $2; REPETITION++)); do
        say "$1, repetition $REPETITION of $2"
        for SYSTEM in ${SYSTEMS//,/ }; do
            for VARIANT in $("${SYSTEM}_variants" "$1"); do
                "session_$1"
            done
        done
    done
}
