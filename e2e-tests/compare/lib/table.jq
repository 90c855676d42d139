# From the report to lines of tab-separated cells. $table: throughput or handshakes.
def round2: if . == null then "-" else . * 100 | round / 100 | tostring end;
def whole: if . == null then "-" else round end;
def percent: if . == null then "-" else . * 100 | round | "\(.)%" end;

def handshakes: .workload | startswith("tls-handshakes");

def throughput_cells: [(.gbitPerSecond | round2), (.requestsPerSecond | whole), (.cpuSecondsPerGB | round2),
    (.latencyMs.p50 | round2), (.latencyMs.p99 | round2)];
def handshake_cells: [(.handshakesPerSecond | whole), (.handshakesPerServerCpuSecond | whole),
    (.handshakeMs.p50 | round2), (.handshakeMs.p99 | round2)];
def headings:
    if $table == "handshakes" then ["handshakes/s", "per CPU s"] else ["Gbit/s", "requests/s", "CPU s/GB"] end;

def remarks: [
    if .errors + .mismatches > 0 then "\(.errors) errors, \(.mismatches) mismatches" else empty end,
    if .rawSealGbitPerSecond then
        "\(.variant) alone seals \(.rawSealGbitPerSecond | round2): \(.gbitPerSecond / .rawSealGbitPerSecond | percent)"
    else empty end];

.results | map(select(handshakes == ($table == "handshakes"))) | select(length > 0)
| (["workload", "conns", "system"] + (headings) + ["p50 ms", "p99 ms", "server", "client", "ratio", "cpu ratio"]),
  (.[] as $result
    | $result.systems | to_entries[] | .key as $name
    | ([.value] + (.value.otherVariants // []) | to_entries[] | .key as $rank | .value
        | [$result.workload, $result.connections, "\($name)/\(.variant)"]
        + (if $table == "handshakes" then handshake_cells else throughput_cells end)
        + [(.serverCoreBusy | percent), (.clientCoreBusy | percent)]
        + (if $name == "dcn" and $rank == 0 then [$result.ratio, $result.cpuRatio] | map(round2) else ["", ""] end)
        + remarks))
| @tsv
