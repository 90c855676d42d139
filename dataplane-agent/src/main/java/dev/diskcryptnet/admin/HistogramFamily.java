package dev.diskcryptnet.admin;

import dev.diskcryptnet.counters.CounterDescriptor;
import dev.diskcryptnet.counters.Histogram;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** All histograms of one name. Micrometer has none that others count for it; what its registry stands on has. */
final class HistogramFamily implements Collector {
    private final PrometheusMeterRegistry registry;
    private final List<Histogram> histograms = new CopyOnWriteArrayList<>();

    HistogramFamily(PrometheusMeterRegistry registry) {
        this.registry = registry;
    }

    void add(Histogram histogram) {
        histograms.add(histogram);
        if (histograms.size() == 1) {
            registry.getPrometheusRegistry().register(this);
        }
    }

    @Override
    public String getPrometheusName() {
        return histograms.getFirst().descriptor().name();
    }

    @Override
    public MetricSnapshot collect() {
        CounterDescriptor descriptor = histograms.getFirst().descriptor();
        HistogramSnapshot.Builder snapshot =
                HistogramSnapshot.builder().name(descriptor.name()).help(descriptor.help());
        histograms.forEach(histogram -> snapshot.dataPoint(dataPoint(histogram)));
        return snapshot.build();
    }

    private static HistogramDataPointSnapshot dataPoint(Histogram histogram) {
        double scale = histogram.descriptor().scale();
        long[] bounds = histogram.bounds();
        long[] counts = histogram.counts();
        ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
        for (int i = 0; i < counts.length; i++) {
            buckets.bucket(i < bounds.length ? shown(bounds[i], scale) : Double.POSITIVE_INFINITY, counts[i]);
        }
        Labels labels = Labels.EMPTY;
        for (var label : histogram.labels().entrySet()) {
            labels = labels.add(label.getKey(), label.getValue());
        }
        return HistogramDataPointSnapshot.builder()
                .classicHistogramBuckets(buckets.build())
                .sum(histogram.sum() * scale)
                .labels(labels)
                .build();
    }

    /** 20000 steps of 1e-9 are 2.0E-5, not 2.0000000000000002E-5, which people would have to write in their queries. */
    private static double shown(long bound, double scale) {
        return scale < 1 ? bound / (double) Math.round(1 / scale) : bound * scale;
    }
}
