package dev.diskcryptnet.operator.status;

import java.time.Duration;

/**
 * What the answers of one agent add up to: when something is new enough to be told. A single question that fails tells
 * nothing, and figures, which change with every answer, are told only so often.
 */
public final class AgentProbe {
    private static final int FAILURES_TO_BE_SILENT = 3;

    private final long figuresIntervalNs;
    private AgentState state;
    private String facts;
    private long figuresAtNs;
    private int failures;

    /**
     * Starts before the first answer.
     *
     * @param state until then
     * @param figuresInterval least time between two tellings of figures alone
     */
    public AgentProbe(AgentState state, Duration figuresInterval) {
        this.state = state;
        this.figuresIntervalNs = figuresInterval.toNanos();
    }

    /** What is known now; figures are as they were last told. */
    public synchronized AgentState state() {
        return state;
    }

    /** Takes an answer at {@code nowNs}; true when it is to be told. */
    public synchronized boolean answered(AgentReport report, long nowNs) {
        failures = 0;
        String nowFacts = AgentReports.facts(report);
        boolean known = state.contact() == AgentState.Contact.ANSWERS && nowFacts.equals(facts);
        boolean newFigures = known
                && nowNs - figuresAtNs >= figuresIntervalNs
                && !report.figures().equals(state.report().figures());
        if (known && !newFigures) {
            return false;
        }
        facts = nowFacts;
        figuresAtNs = nowNs;
        state = new AgentState(AgentState.Contact.ANSWERS, report, null);
        return true;
    }

    /** Takes a question that failed, for {@code why}; true when that is to be told. */
    public synchronized boolean failed(String why) {
        failures++;
        if (failures != FAILURES_TO_BE_SILENT) {
            return false;
        }
        state = new AgentState(AgentState.Contact.SILENT, null, why);
        return true;
    }
}
