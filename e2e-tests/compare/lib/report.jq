# From the runs (slurped) to the report. $environment: the object of that name. A system's figure is the median of
# its repetitions; of several variants the one with the highest median throughput counts.

def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor]
    else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def medianOf(f): map(f | select(. != null)) | median;
def quotient($a; $b): if $a == null or $b == null or $b == 0 then null else $a / $b end;
def perGB($seconds): if $seconds == null then null else $seconds / (.bytes / 1e9) end;

def figures: {
    gbitPerSecond: medianOf(.gbitPerSecond),
    cpuSecondsPerGB: medianOf(.cpuSecondsPerGB // perGB(.serverCore.busySeconds)),
    processCpuSecondsPerGB: medianOf(perGB(.serverProcessSeconds)),
    requestsPerSecond: medianOf(.requestsPerSecond),
    latencyMs: {p50: medianOf(.latencyMs.p50), p99: medianOf(.latencyMs.p99)},
    handshakesPerSecond: medianOf(.handshakesPerSecond),
    handshakesPerServerCpuSecond: medianOf(quotient(.handshakes; .serverCore.busySeconds)),
    handshakeMs: {p50: medianOf(.handshakeMs.p50), p99: medianOf(.handshakeMs.p99)},
    rawSealGbitPerSecond: medianOf(.rawSealGbitPerSecond),
    serverCoreBusy: medianOf(quotient(.serverCore.busySeconds; .seconds)),
    clientCoreBusy: medianOf(quotient(.clientCore.busySeconds; .seconds)),
    errors: (map(.errors // 0) | add),
    mismatches: (map(.mismatches // 0) | add),
    variant: .[0].variant,
    runs: map(del(.workload, .connections, .system, .variant))
};

def system: group_by(.variant) | map(figures) | sort_by(-.gbitPerSecond)
    | .[0] + if length > 1 then {otherVariants: .[1:]} else {} end;

# The median quotient of two that took turns, each turn by itself.
def ofTurns($a; $b; f): [$a.runs // [], $b.runs // []] | transpose | map(quotient(.[0] | f; .[1] | f)) | median;

def ratios: .systems as {$dcn, $nginx}
    | if .workload | startswith("metrics") then
        ([$dcn] + ($dcn.otherVariants // []) | map({key: .variant, value: .}) | from_entries) as {$on, $off}
        | . + {ratio: ofTurns($on; $off; .gbitPerSecond),
               cpuRatio: ofTurns($on; $off; perGB(.serverCore.busySeconds))}
      elif ($dcn and $nginx) | not then .
      elif .workload | startswith("tls-handshakes") then
        . + {ratio: quotient($dcn.handshakesPerSecond; $nginx.handshakesPerSecond),
             cpuRatio: quotient($nginx.handshakesPerServerCpuSecond; $dcn.handshakesPerServerCpuSecond)}
      else
        . + {ratio: quotient($dcn.gbitPerSecond; $nginx.gbitPerSecond),
             cpuRatio: quotient($dcn.cpuSecondsPerGB; $nginx.cpuSecondsPerGB)}
      end;

def order: ["plain-300k-cached", "plain-300k-disk", "plain-4k", "loop-plain", "tls-300k-cached", "tls-300k-disk",
        "tls-handshakes-full", "tls-handshakes-resumed", "loop-tls", "metrics", "metrics-tls"] as $known
    | .workload as $workload | ($known | index($workload)) // ($known | length);

{
    environment: $environment,
    results: (group_by([.workload, .connections]) | map(
        {workload: .[0].workload, connections: .[0].connections,
         systems: (group_by(.system) | map({key: .[0].system, value: system}) | from_entries)}
        | ratios)
      | sort_by(order, .connections))
}
