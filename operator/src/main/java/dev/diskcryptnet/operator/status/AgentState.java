package dev.diskcryptnet.operator.status;

/**
 * What is known of an agent by asking it.
 *
 * @param contact how the last questions went
 * @param report its last answer; null unless it is {@link Contact#ANSWERS}
 * @param failure why it does not answer; null when it does
 */
public record AgentState(Contact contact, AgentReport report, String failure) {
    /** How asking went. */
    public enum Contact {
        /** Nobody is asked: there is no pod that could answer. */
        NONE,
        /** It was not asked yet, for example because this operator has just started. */
        PENDING,
        /** The last question was answered. */
        ANSWERS,
        /** The last questions were not. */
        SILENT
    }

    /** Nobody to ask. */
    public static final AgentState NONE = new AgentState(Contact.NONE, null, null);
    /** Not asked yet. */
    public static final AgentState PENDING = new AgentState(Contact.PENDING, null, null);
}
