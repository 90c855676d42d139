# From the report to lines of tab-separated cells.
def round2: if . == null then "-" else . * 100 | round / 100 | tostring end;
def percent: if . == null then "-" else . * 100 | round | "\(.)%" end;

(["workload", "conns", "system", "Gbit/s", "requests/s", "CPU s/GB", "p50 ms", "p99 ms", "server", "client", "ratio", "cpu ratio"]),
(.results[] | . as $result
    | .systems | to_entries[] | .key as $name
    | ([.value] + (.value.otherVariants // []) | to_entries[] | .key as $rank | .value
        | [$result.workload, $result.connections, "\($name)/\(.variant)", (.gbitPerSecond | round2),
           (.requestsPerSecond | if . == null then "-" else round end), (.cpuSecondsPerGB | round2),
           (.latencyMs.p50 | round2), (.latencyMs.p99 | round2), (.serverCoreBusy | percent), (.clientCoreBusy | percent)]
        + if $name == "dcn" and $rank == 0 then [($result.ratio | round2), ($result.cpuRatio | round2)] else ["", ""] end
        + if .errors + .mismatches > 0 then ["\(.errors) errors, \(.mismatches) mismatches"] else [] end))
| @tsv
