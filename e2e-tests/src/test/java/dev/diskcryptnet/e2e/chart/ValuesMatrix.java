package dev.diskcryptnet.e2e.chart;

import java.util.List;

/** Values that the chart is installed with in tests: each value is changed from its default in at least one of them. */
final class ValuesMatrix {
    private ValuesMatrix() {}

    /** One set of values. */
    record Values(String name, String yaml) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Values> all() {
        return List.of(
                new Values("defaults", "{}"),
                new Values("three namespaces", "watchNamespaces: [edge-a, edge-b, edge-c]"),
                new Values("cluster-wide", "clusterWide: true"),
                new Values("names", "fullnameOverride: a-name-that-is-longer-than-forty-characters"),
                new Values("highly available", HIGHLY_AVAILABLE),
                new Values("images", IMAGES),
                new Values("images the other way", IMAGES_THE_OTHER_WAY),
                new Values("placed", PLACED),
                new Values("monitored", MONITORED),
                new Values("own accounts", OWN_ACCOUNTS),
                new Values("tuned", TUNED),
                new Values("seccomp", SECCOMP),
                new Values("nothing more than the operator", LEAST));
    }

    static final String HIGHLY_AVAILABLE = """
            replicas: 3
            podDisruptionBudget: {enabled: true, maxUnavailable: 50%}
            networkPolicy:
              enabled: true
              ingressFrom:
              - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}
            """;

    private static final String IMAGES = """
            image: {repository: registry.example/dcn/operator, tag: 1.2.3, pullPolicy: Always}
            imagePullSecrets: [{name: registry-example}]
            agent:
              image:
                repository: registry.example:5000/dcn/agent
                digest: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
            """;

    private static final String IMAGES_THE_OTHER_WAY = """
            image: {digest: "sha256:fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"}
            agent: {image: {tag: 1.2.3-debug}}
            """;

    private static final String PLACED = """
            nodeSelector: {node-role.kubernetes.io/control-plane: ""}
            tolerations: [{key: node-role.kubernetes.io/control-plane, operator: Exists, effect: NoSchedule}]
            affinity:
              nodeAffinity:
                requiredDuringSchedulingIgnoredDuringExecution:
                  nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/arch, operator: In, values: [amd64]}]}]
            topologySpreadConstraints:
            - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway}
            - maxSkew: 1
              topologyKey: kubernetes.io/hostname
              whenUnsatisfiable: DoNotSchedule
              labelSelector: {matchLabels: {app.kubernetes.io/part-of: diskcryptnet}}
            priorityClassName: system-cluster-critical
            podAnnotations: {example.com/scrape: "no"}
            podLabels: {team: video, app.kubernetes.io/name: not-this-one}
            terminationGracePeriodSeconds: 60
            """;

    private static final String MONITORED = """
            watchNamespaces: [edge-a, edge-b]
            monitoring:
              operator: {podMonitor: true}
              agents: {podMonitor: "true"}
              interval: 10s
              labels: {release: prometheus, app.kubernetes.io/name: not-this-one}
              namespace: monitoring
              rules:
                prometheusRule: true
                labels: {team: video, severity: not-this-one}
                without: [DcnNodeNotReady]
                runbookUrl: https://wiki.example/alerts
                thresholds:
                  statusAgeSeconds: 300
                  loopBusy: 0.8
                  ringUse: 0.75
                  portLoss: 0.01
                  retransmitted: 0.05
                  diskReadSeconds: 0.2
                  diskUsed: 0.8
                  diskSpare: 0.2
                  volumeFree: 0.1
                  serverErrors: 0.05
                  certificateDays: 30
              dashboards:
                configMaps: true
                label: example.com/dashboard
                labelValue: mine
                annotations: {grafana_folder: Video}
            """;

    private static final String OWN_ACCOUNTS = """
            serviceAccount: {create: false, name: made-by-hand}
            rbac: {create: false}
            """;

    private static final String TUNED = """
            logLevel: DEBUG
            jvmOptions: -XX:+UseParallelGC -Dquarkus.log.console.json=false
            pollInterval: 2s
            statusInterval: 60s
            reconcileThreads: 16
            extraEnv:
            - {name: QUARKUS_HTTP_ACCESS_LOG_ENABLED, value: "true"}
            - {name: ZONE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
            resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: "1.5", memory: 1Gi}}
            serviceAccount: {name: video-operator, annotations: {example.com/role: video}}
            """;

    static final String SECCOMP = """
            agent:
              seccomp:
                install: true
                installerImage: registry.example/busybox:1.37
                directory: /var/snap/kubelet/seccomp/
                nodeSelector: {example.com/streams: "yes"}
                tolerations: [{key: example.com/streams, operator: Equal, value: "yes", effect: NoExecute}]
            """;

    private static final String LEAST = """
            crds: {install: false}
            rbac: {aggregate: false}
            monitoring:
              operator: {podMonitor: false}
              agents: {podMonitor: false}
              rules: {prometheusRule: false}
              dashboards: {configMaps: false}
            agent: {seccomp: {profile: profiles/of-mine.json}}
            """;
}
