package dev.diskcryptnet.e2e.kernel;

/** What an agent's metrics endpoint said at one time (Prometheus text format). */
record Metrics(String text) {
    /** Scrapes an agent, after its loop has had time to publish what the rings counted. */
    static Metrics of(TestBed bed) throws InterruptedException {
        Thread.sleep(300);
        return new Metrics(bed.inClient("curl", "-sSf", "-m", "10", bed.adminUrl("/metrics")));
    }

    /** The sum of all series of a name. */
    long sum(String name) {
        return sum(name, name + "{", name + " ");
    }

    /** The sum of all series that begin so: a name with some of its labels, which come in the order of their names. */
    long sumOf(String begin) {
        return sum(begin, begin, begin);
    }

    private long sum(String name, String begin, String otherBegin) {
        double sum = 0;
        boolean found = false;
        for (String line : text.split("\n")) {
            if (line.startsWith(begin) || line.startsWith(otherBegin)) {
                sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
                found = true;
            }
        }
        if (!found) {
            throw new AssertionError("no series of name=" + name + " in:\n" + text);
        }
        return (long) sum;
    }
}
