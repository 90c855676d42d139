package dev.diskcryptnet.operator.pool;

/** One thing to do for a pool. The reasons are for people: they go into Events. */
sealed interface PoolStep {
    /** Name of the member that the step is about. */
    String member();

    /** Why it is done, for a person. */
    String why();

    /** Make a member on a machine. */
    record Create(String member, String machine, String why) implements PoolStep {}

    /** Delete a member. */
    record Delete(String member, String why) implements PoolStep {}

    /** Give a member the template's spec, labels and annotations; {@code rolls} if its agent starts anew by that. */
    record Update(String member, boolean rolls, String why) implements PoolStep {}
}
