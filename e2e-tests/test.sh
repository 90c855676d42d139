# Sourced by ./dcn: runs the test tiers and sums them up.
# shellcheck shell=bash

reports="${root:?}/target/test-reports"

test_usage() {
    cat <<'EOF'
Usage: ./dcn test [--tier unit|kernel|guest|cluster]... [--long] [--seed N]

Runs every tier that this machine can run, or those named. --long runs soaks and generated inputs in full, and the
tier kernel also over IPv6 and on AF_XDP; --seed repeats what a test that printed seed=N did.
The tier cluster runs on the API server of KUBECONFIG, else on the kube-apiserver of KUBEBUILDER_ASSETS, else on what
./dcn up finds.
The last line is "N passed, N failed, N skipped".
EOF
}

# tier NAME MODULES MAVEN-ARGUMENT...: runs a tier and keeps its reports
tier() {
    local name=$1 modules=$2
    shift 2
    say ""
    say "== $name"
    local module failed=0 startSeconds=$SECONDS
    for module in ${modules//,/ }; do
        rm -rf "$root/$module/target/surefire-reports"
    done
    maven -pl "$modules" --fail-at-end "$@" verify || failed=1
    mkdir -p "$reports/$name"
    echo $((SECONDS - startSeconds)) >"$reports/$name/seconds"
    for module in ${modules//,/ }; do
        cp "$root/$module"/target/surefire-reports/TEST-*.xml "$reports/$name/" 2>/dev/null || true
    done
    [ $failed = 0 ] || echo "the build of tier $name failed" >"$reports/$name/failed"
}

skip_tier() {
    mkdir -p "$reports/$1"
    echo "$2" >"$reports/$1/skipped"
}

# guest_tier MAVEN-ARGUMENT...: what is fetched for it is kept, so the first run takes longer
guest_tier() {
    if [ "$(id -u)" != 0 ]; then
        skip_tier guest "it needs root for the network namespace that a guest's wire ends in"
        return
    fi
    local log code=0
    log=$(mktemp)
    { (require_packages guest) && "$root/e2e-tests/guest/fetch" >/dev/null; } 2>"$log" || code=$?
    case $code in
    0) tier guest e2e-tests "$@" -Dgroups=guest ;;
    1 | 3) skip_tier guest "no guest: $(tail -n 1 "$log")" ;;
    *) cat "$log" && mkdir -p "$reports/guest" && echo "guest/fetch failed" >"$reports/guest/failed" ;;
    esac
    rm -f "$log"
}

# kernel_tiers LONG MAVEN-ARGUMENT...: over IPv4 on packet rings, and if it may take long, in short over IPv6 and on AF_XDP
kernel_tiers() {
    local long=$1
    shift
    if [ "$(id -u)" != 0 ]; then
        skip_tier kernel "it needs root for namespaces and raw packets"
        return
    fi
    tier kernel e2e-tests "$@" -Dgroups=kernel
    if [ "$long" = true ]; then
        local short=("${@/-Ddcn.long=true/-Ddcn.long=false}")
        tier kernel-ipv6 e2e-tests "${short[@]}" -Dgroups=kernel -Ddcn.family=ipv6
        tier kernel-xdp e2e-tests "${short[@]}" -Dgroups=kernel -Ddcn.port.driver=xdp
    fi
}

run_tests() {
    local tiers=() long=false properties=()
    while [ $# -gt 0 ]; do
        case $1 in
        --tier)
            [ $# -ge 2 ] || fail "--tier needs a name: unit, kernel, guest or cluster"
            tiers+=("$2")
            shift
            ;;
        --tier=*) tiers+=("${1#--tier=}") ;;
        --long) long=true ;;
        --seed)
            [ $# -ge 2 ] || fail "--seed needs a number"
            properties+=("-Ddcn.seed=$2")
            shift
            ;;
        *) fail "unknown option: $1; see ./dcn test --help" ;;
        esac
        shift
    done
    properties+=("-Ddcn.long=$long")
    [ ${#tiers[@]} -gt 0 ] || tiers=(unit kernel guest cluster)

    require_packages build run test
    build
    rm -rf "$reports"
    local name
    for name in "${tiers[@]}"; do
        case $name in
        unit) tier unit crds,operator,dataplane-agent,e2e-tests "${properties[@]}" '-DexcludedGroups=kernel | guest | cluster' ;;
        kernel) kernel_tiers "$long" "${properties[@]}" ;;
        guest) guest_tier "${properties[@]}" ;;
        cluster)
            if [ "$(id -u)" = 0 ]; then
                tier cluster e2e-tests "${properties[@]}" -Dgroups=cluster
            else
                say "cluster: without root, so without what makes namespaces"
                tier cluster e2e-tests "${properties[@]}" -Dgroups=cluster -DexcludedGroups=root
            fi
            ;;
        *) fail "unknown tier: $name; it is unit, kernel, guest or cluster" ;;
        esac
    done
    "$JAVA_HOME/bin/java" -XX:+UseSerialGC -cp "$root/e2e-tests/target/classes:$root/e2e-tests/target/lib/*" \
        dev.diskcryptnet.e2e.report.TestReport "$reports"
}
