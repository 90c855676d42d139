# What counting costs, as the difference between two agents that live side by side and are measured in turns: one or two
# percent, which is less than what a machine changes from one minute to the next. Sourced by ../bench.

readonly COUNTING=(on off) # by the server's number

start_counting() { # NUMBER
    use_server "$1"
    if (($1 > 0)); then cp --reflink=auto "$(SERVER=0 dcn_volume cached)" "$(dcn_volume cached)"; fi
    dcn_start_beside "${COUNTING[$1]}"
}

# The code that answers scrapes is new as well.
warm_counting() { # NUMBER [--tls]
    local options=()
    use_server "$1"
    [[ -z ${2:-} ]] || options=("${TLS[@]}")
    prove "${HOT[@]}" "${options[@]}"
    dcn_warm_up "${options[@]}"
    [[ ${COUNTING[$1]} == off ]] || in_server curl -s -o /dev/null "http://127.0.0.1:9464/metrics?[1-300]"
}

# One turn; the one that counts is scraped meanwhile.
count_turn() { # WORKLOAD NUMBER [--tls]
    local options=() scraper=
    use_server "$2"
    VARIANT=${COUNTING[$2]}
    [[ -z ${3:-} ]] || options=("${TLS[@]}")
    if [[ $VARIANT == on ]]; then
        dcn_scrape
        scraper=$!
    fi
    run "$1" 64 "${HOT[@]}" --seconds "$SECONDS_TURN" --warmup 0.3 "${options[@]}"
    if [[ -n $scraper ]]; then
        kill "$scraper"
        wait "$scraper" 2>/dev/null || :
    fi
}

count_turns() { # WORKLOAD [--tls]
    local number
    for number in "${SERVERS[@]}"; do warm_counting "$number" "${@:2}"; done
    for ((REPETITION = 1; REPETITION <= TURNS; REPETITION++)); do
        # Who goes first changes too.
        for number in $((REPETITION % 2)) $((1 - REPETITION % 2)); do
            count_turn "$1" "$number" "${@:2}"
        done
    done
}

run_turns() {
    local number
    SYSTEM=dcn
    say "metrics, turns=$TURNS"
    start_counting 0
    start_counting 1
    count_turns metrics
    [[ -n ${TLS_MISSING[dcn]} ]] || count_turns metrics-tls --tls
    for number in "${SERVERS[@]}"; do
        use_server "$number"
        dcn_stop
    done
    use_server 0
}
