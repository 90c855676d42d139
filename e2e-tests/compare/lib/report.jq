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
    serverCoreBusy: medianOf(quotient(.serverCore.busySeconds; .seconds)),
    clientCoreBusy: medianOf(quotient(.clientCore.busySeconds; .seconds)),
    errors: (map(.errors // 0) | add),
    mismatches: (map(.mismatches // 0) | add),
    variant: .[0].variant,
    runs: map(del(.workload, .connections, .system, .variant))
};

def system: group_by(.variant) | map(figures) | sort_by(-.gbitPerSecond)
    | .[0] + if length > 1 then {otherVariants: .[1:]} else {} end;

def order: ["plain-300k-cached", "plain-300k-disk", "plain-4k", "loop-plain"] as $known
    | .workload as $workload | ($known | index($workload)) // ($known | length);

{
    environment: $environment,
    results: (group_by([.workload, .connections]) | map(
        {workload: .[0].workload, connections: .[0].connections,
         systems: (group_by(.system) | map({key: .[0].system, value: system}) | from_entries)}
        | .systems as $s
        | if $s.dcn and $s.nginx then
            . + {ratio: quotient($s.dcn.gbitPerSecond; $s.nginx.gbitPerSecond),
                 cpuRatio: quotient($s.dcn.cpuSecondsPerGB; $s.nginx.cpuSecondsPerGB)}
          else . end)
      | sort_by(order, .connections))
}
